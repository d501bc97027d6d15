//! `GET /trader/v1/userPreference`: where the streamer is, and as whom to log in.

use serde::Deserialize;
use url::Url;

use super::error::{Result, SchwabError};
use super::http::SchwabClient;

const PATH: &str = "/trader/v1/userPreference";

/// Longer ids are not believed.
const MAX_ID_BYTES: usize = 1024;

/// How to reach the streamer. Fetched anew before each login.
#[derive(Clone)]
pub struct StreamerAddress {
    /// The WebSocket.
    pub url: Url,
    /// `schwabClientCustomerId`.
    pub customer_id: String,
    /// `schwabClientCorrelId`.
    pub correlation_id: String,
    /// `schwabClientChannel`.
    pub channel: String,
    /// `schwabClientFunctionId`.
    pub function_id: String,
}

#[derive(Deserialize)]
struct Preference {
    #[serde(rename = "streamerInfo")]
    streamers: Vec<Streamer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Streamer {
    streamer_socket_url: String,
    schwab_client_customer_id: String,
    schwab_client_correl_id: String,
    schwab_client_channel: String,
    schwab_client_function_id: String,
}

impl SchwabClient {
    /// Where the streamer is.
    ///
    /// # Errors
    /// [`SchwabError`].
    pub async fn streamer_address(&self) -> Result<StreamerAddress> {
        let body = self.get(PATH, &[]).await?;
        parse(&body, self.is_plain()).map_err(|what| SchwabError::Unreadable { path: PATH.to_owned(), what })
    }
}

/// The schema says that the answer is an array; it is an object. Both are taken.
fn parse(body: &str, may_be_plain: bool) -> Result<StreamerAddress, String> {
    let preference = serde_json::from_str::<Preference>(body).ok().or_else(|| {
        let list: Vec<Preference> = serde_json::from_str(body).ok()?;
        list.into_iter().next()
    });
    let streamer = preference.and_then(|preference| preference.streamers.into_iter().next());
    let streamer = streamer.ok_or("it names no streamer")?;
    let url = Url::parse(&streamer.streamer_socket_url).map_err(|_| "the streamer's address is none")?;
    match url.scheme() {
        "wss" => {}
        "ws" if may_be_plain => {}
        _ => return Err("the streamer's address is not wss://, and the login would not be encrypted".to_owned()),
    }
    let address = StreamerAddress {
        url,
        customer_id: streamer.schwab_client_customer_id,
        correlation_id: streamer.schwab_client_correl_id,
        channel: streamer.schwab_client_channel,
        function_id: streamer.schwab_client_function_id,
    };
    let ids = [&address.customer_id, &address.correlation_id, &address.channel, &address.function_id];
    if ids.into_iter().any(|id| id.len() > MAX_ID_BYTES) {
        return Err("an id is too long".to_owned());
    }
    Ok(address)
}

impl std::fmt::Debug for StreamerAddress {
    /// Without the ids, which belong to a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamerAddress").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded;
    use super::*;

    #[test]
    fn a_recorded_answer_is_understood() {
        let answers = recorded::of_kind("rest:userPreference");
        let [(_, answer)] = &answers[..] else { panic!() };
        let address = parse(&answer.raw, false).unwrap();
        assert_eq!(Some(address.url.as_str()), answer.expect["streamer_url"].as_str());
        assert_eq!(Some(address.function_id.as_str()), answer.expect["function_id"].as_str());
    }

    fn body(url: &str) -> String {
        format!(
            r#"{{"accounts":[],"streamerInfo":[{{"streamerSocketUrl":"{url}","schwabClientCustomerId":"c","schwabClientCorrelId":"i","schwabClientChannel":"N9","schwabClientFunctionId":"APIAPP"}}],"offers":[]}}"#
        )
    }

    #[test]
    fn an_object_and_an_array_are_taken() {
        let text = body("wss://streamer-api.schwab.com/ws");
        for text in [text.clone(), format!("[{text}]")] {
            let address = parse(&text, false).unwrap();
            assert_eq!((address.url.as_str(), address.channel.as_str()), ("wss://streamer-api.schwab.com/ws", "N9"));
        }
        for text in ["", "{}", "[]", r#"{"streamerInfo":[]}"#, r#"{"streamerInfo":[{}]}"#] {
            assert!(parse(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn a_login_is_not_sent_in_the_clear() {
        assert!(parse(&body("ws://127.0.0.1:1/ws"), false).is_err());
        assert!(parse(&body("ws://127.0.0.1:1/ws"), true).is_ok());
        assert!(parse(&body("http://127.0.0.1/ws"), true).is_err());
        assert!(parse(&body("nowhere"), true).is_err());
    }
}
