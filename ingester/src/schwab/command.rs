//! The texts that the client sends.

use std::fmt;

use alpha_kite_core::Ticker;
use serde::Serialize;

use crate::config::Secret;

/// Tickers in one command. The streamer cuts a connection that sends more than 65,535 bytes at once.
const MAX_KEYS: usize = 500;

/// What to subscribe to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// Tickers of LEVELONE_EQUITIES.
    pub equities: Vec<Ticker>,
    /// Tickers of CHART_EQUITY; 300 are allowed.
    pub charts: Vec<Ticker>,
}

/// A service of the streamer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// LEVELONE_EQUITIES: changes, at most one item a second for each ticker.
    Equities,
    /// CHART_EQUITY: every bar of a minute.
    Charts,
}

/// Who a connection belongs to, and what every command repeats.
#[derive(Clone)]
pub struct Login {
    /// `schwabClientCustomerId`.
    pub customer_id: String,
    /// `schwabClientCorrelId`.
    pub correlation_id: String,
    /// `schwabClientChannel`.
    pub channel: String,
    /// `schwabClientFunctionId`.
    pub function_id: String,
    /// The access token.
    pub access_token: Secret,
}

/// A command that changes what is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) service: Service,
    /// The first command for a service replaces whatever was subscribed to, the others add.
    is_first: bool,
    keys: Vec<Ticker>,
}

impl Service {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Equities => "LEVELONE_EQUITIES",
            Self::Charts => "CHART_EQUITY",
        }
    }

    /// Fields in ascending order. Of LEVELONE_EQUITIES those that [`EquityItem`](super::EquityItem) has.
    const fn fields(self) -> &'static str {
        match self {
            Self::Equities => "0,1,2,3,8,9,32,34,35",
            Self::Charts => "0,1,2,3,4,5,6,7,8",
        }
    }
}

impl Subscriptions {
    /// The commands that subscribe to all of it, in the order in which they are sent.
    pub(super) fn commands(&self) -> impl Iterator<Item = Subscription> {
        [(Service::Equities, &self.equities), (Service::Charts, &self.charts)].into_iter().flat_map(
            |(service, keys)| {
                let chunks = keys.chunks(MAX_KEYS).enumerate();
                chunks.map(move |(index, keys)| Subscription { service, is_first: index == 0, keys: keys.to_vec() })
            },
        )
    }
}

impl Subscription {
    pub(super) fn keys(&self) -> &[Ticker] {
        &self.keys
    }

    pub(super) fn text(&self, login: &Login, request_id: u64) -> String {
        let keys: Vec<&str> = self.keys.iter().map(Ticker::as_str).collect();
        let parameters = Parameters { keys: keys.join(","), fields: self.service.fields() };
        login.request(request_id, self.service.as_str(), if self.is_first { "SUBS" } else { "ADD" }, &parameters)
    }
}

impl Login {
    pub(super) fn text(&self, request_id: u64) -> String {
        let parameters = LoginParameters {
            authorization: self.access_token.expose(),
            channel: &self.channel,
            function_id: &self.function_id,
        };
        self.request(request_id, "ADMIN", "LOGIN", &parameters)
    }

    pub(super) fn logout_text(&self, request_id: u64) -> String {
        #[derive(Serialize)]
        struct Nothing {}
        self.request(request_id, "ADMIN", "LOGOUT", &Nothing {})
    }

    /// A text of the streamer's without the token and the ids, should it repeat them.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets = [self.access_token.expose(), &self.customer_id, &self.correlation_id];
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "(not shown)"))
    }

    fn request<P: Serialize>(&self, request_id: u64, service: &str, command: &str, parameters: &P) -> String {
        let request = Request {
            requestid: request_id.to_string(),
            service,
            command,
            customer_id: &self.customer_id,
            correlation_id: &self.correlation_id,
            parameters,
        };
        serde_json::to_string(&Requests { requests: [request] }).expect("texts can be written as JSON")
    }
}

impl fmt::Debug for Login {
    /// Without the ids, which belong to a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(not shown)")
    }
}

#[derive(Serialize)]
struct Requests<'a, P> {
    requests: [Request<'a, P>; 1],
}

#[derive(Serialize)]
struct Request<'a, P> {
    requestid: String,
    service: &'a str,
    command: &'a str,
    #[serde(rename = "SchwabClientCustomerId")]
    customer_id: &'a str,
    #[serde(rename = "SchwabClientCorrelId")]
    correlation_id: &'a str,
    parameters: &'a P,
}

#[derive(Serialize)]
struct LoginParameters<'a> {
    #[serde(rename = "Authorization")]
    authorization: &'a str,
    #[serde(rename = "SchwabClientChannel")]
    channel: &'a str,
    #[serde(rename = "SchwabClientFunctionId")]
    function_id: &'a str,
}

#[derive(Serialize)]
struct Parameters {
    keys: String,
    fields: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login {
            customer_id: "customer".to_owned(),
            correlation_id: "correl".to_owned(),
            channel: "N9".to_owned(),
            function_id: "APIAPP".to_owned(),
            access_token: Secret::new("I0.hunter2@").unwrap(),
        }
    }

    #[test]
    fn commands_are_as_documented() {
        assert_eq!(
            login().text(0),
            r#"{"requests":[{"requestid":"0","service":"ADMIN","command":"LOGIN","SchwabClientCustomerId":"customer","SchwabClientCorrelId":"correl","parameters":{"Authorization":"I0.hunter2@","SchwabClientChannel":"N9","SchwabClientFunctionId":"APIAPP"}}]}"#
        );
        assert_eq!(
            login().logout_text(9),
            r#"{"requests":[{"requestid":"9","service":"ADMIN","command":"LOGOUT","SchwabClientCustomerId":"customer","SchwabClientCorrelId":"correl","parameters":{}}]}"#
        );
        let tickers = ["QQQ", "BRK/B"].map(|text| Ticker::parse(text).unwrap()).to_vec();
        let all = Subscriptions { equities: tickers, charts: Vec::new() };
        let texts: Vec<String> = all.commands().map(|command| command.text(&login(), 1)).collect();
        assert_eq!(
            texts,
            [
                r#"{"requests":[{"requestid":"1","service":"LEVELONE_EQUITIES","command":"SUBS","SchwabClientCustomerId":"customer","SchwabClientCorrelId":"correl","parameters":{"keys":"QQQ,BRK/B","fields":"0,1,2,3,8,9,32,34,35"}}]}"#
            ]
        );
        assert!(!format!("{:?}", login()).contains("hunter2"));
    }

    #[test]
    fn many_tickers_are_sent_in_parts_that_fit() {
        let long = |n: u32| Ticker::parse(&format!("{n:032}")).unwrap();
        let all = Subscriptions { equities: (0..1001).map(long).collect(), charts: (0..3).map(long).collect() };
        let texts: Vec<String> = all.commands().map(|command| command.text(&login(), 1)).collect();
        let of = |name: &str| texts.iter().filter(|text| text.contains(name)).count();
        assert_eq!((texts.len(), of("\"SUBS\""), of("\"ADD\""), of("CHART_EQUITY")), (4, 2, 2, 1));
        assert!(texts.iter().all(|text| text.len() < 65_535));
        assert_eq!(texts.iter().map(|text| text.matches(&"0".repeat(20)).count()).sum::<usize>(), 1004);
    }
}
