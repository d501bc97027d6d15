//! What the streamer says besides data.

use alpha_kite_core::Timestamp;

use super::request::Request;

/// A response code and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    number: u8,
    text: String,
}

impl Code {
    pub(crate) fn logged_in() -> Self {
        Self::new(0, "server=s0001sim-1;status=NP")
    }

    pub(crate) fn logged_out() -> Self {
        Self::new(0, "SUCCESS")
    }

    pub(crate) fn succeeded(command: &str) -> Self {
        Self::new(0, &format!("{command} command succeeded"))
    }

    pub(crate) fn login_denied() -> Self {
        Self::new(3, "Login Denied.: token is invalid or has expired.")
    }

    pub(crate) fn not_available() -> Self {
        Self::new(11, "Service not available or temporary down.")
    }

    pub(crate) fn another_connection() -> Self {
        Self::new(12, "This Streamer was disconnected because of another connection for this user.")
    }

    /// With two blanks, as it is sent.
    pub(crate) fn too_many_symbols(service: &str, limit: usize, discarded: usize) -> Self {
        let text = "You've reached the maximum number of symbols allowed.";
        Self::new(19, &format!("{text}  ({service}={limit}, DISCARDED={discarded})"))
    }

    pub(crate) fn not_logged_in() -> Self {
        Self::new(20, "STREAM CONNECTION NOT FOUND - Please login again.")
    }

    pub(crate) fn bad_format() -> Self {
        Self::new(21, "Bad command formatting")
    }

    /// 22 to 25, by command.
    pub(crate) fn failed(command: &str) -> Self {
        let number = match command {
            "SUBS" => 22,
            "UNSUBS" => 23,
            "ADD" => 24,
            _ => 25,
        };
        Self::new(number, &format!("{command} command failed"))
    }

    pub(crate) fn nothing_subscribed() -> Self {
        Self::new(30, "Stop streaming due to empty subscription")
    }

    pub(crate) fn stopped() -> Self {
        Self::new(30, "Stop streaming due to administrative action")
    }

    fn new(number: u8, text: &str) -> Self {
        Self { number, text: text.to_owned() }
    }
}

/// The answer to a request.
pub(crate) fn response(request: &Request, code: &Code, now: Timestamp) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "{{\"response\":[{{\"service\":{},\"command\":{},\"requestid\":{},\"SchwabClientCorrelId\":{},\"timestamp\":{},\
         \"content\":{{\"code\":{},\"msg\":{}}}}}]}}",
        quoted(&request.service),
        quoted(&request.command),
        quoted(&request.id),
        quoted(&request.correlation_id),
        now.as_millis(),
        code.number,
        quoted(&code.text)
    )
}

/// Something that nobody asked for.
pub(crate) fn notice(code: &Code, now: Timestamp) -> String {
    let text = serde_json::Value::from(code.text.as_str());
    format!(
        "{{\"notify\":[{{\"service\":\"ADMIN\",\"timestamp\":{},\"content\":{{\"code\":{},\"msg\":{text}}}}}]}}",
        now.as_millis(),
        code.number
    )
}

pub(crate) fn heartbeat(now: Timestamp) -> String {
    format!("{{\"notify\":[{{\"heartbeat\":\"{}\"}}]}}", now.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_captured() {
        let now = Timestamp::from_millis(1_755_118_704_127);
        assert_eq!(heartbeat(now), r#"{"notify":[{"heartbeat":"1755118704127"}]}"#);
        assert_eq!(
            notice(&Code::nothing_subscribed(), now),
            r#"{"notify":[{"service":"ADMIN","timestamp":1755118704127,"content":{"code":30,"msg":"Stop streaming due to empty subscription"}}]}"#
        );
        let text =
            r#"{"service":"LEVELONE_EQUITIES","command":"SUBS","requestid":3,"SchwabClientCorrelId":"60b4c643"}"#;
        let request = &super::super::request::parse(text).unwrap()[0];
        assert_eq!(
            response(request, &Code::succeeded("SUBS"), now),
            r#"{"response":[{"service":"LEVELONE_EQUITIES","command":"SUBS","requestid":"3","SchwabClientCorrelId":"60b4c643","timestamp":1755118704127,"content":{"code":0,"msg":"SUBS command succeeded"}}]}"#
        );
        assert_eq!(
            Code::too_many_symbols("CHART_EQUITY", 300, 250).text,
            "You've reached the maximum number of symbols allowed.  (CHART_EQUITY=300, DISCARDED=250)"
        );
    }
}
