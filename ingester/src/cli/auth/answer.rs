//! What Schwab's page sends the browser back with.

use url::Url;

use crate::config::Secret;

/// Why an address is not the answer to a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("this is no address with a code in it")]
    NoCode,
    #[error("this answer belongs to another login: its state is not the one that was sent")]
    OtherState,
    #[error("Schwab refuses: {0}")]
    Refused(String),
}

/// Takes the code from the address that the browser was sent to. It is decoded exactly once: the code ends in `@`, which
/// the address has as `%40`.
pub(super) fn code(address: &str, state: &str) -> Result<Secret, NoAnswer> {
    let url = Url::parse(address.trim()).map_err(|_| NoAnswer::NoCode)?;
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if value("state").is_some_and(|found| found != state) {
        return Err(NoAnswer::OtherState);
    }
    if let Some(error) = value("error") {
        return Err(NoAnswer::Refused(error.chars().filter(|c| !c.is_control()).take(100).collect()));
    }
    let code = value("code").and_then(|code| Secret::new(&code)).ok_or(NoAnswer::NoCode)?;
    if value("state").is_none() {
        return Err(NoAnswer::OtherState);
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_decoded_once() {
        let recorded =
            "https://127.0.0.1:8182/?code=C0.c2ltdWxhdGVk%40&session=2f0e5b1c-0c0f-4a8e-9f0e-2a6f6a0f7c11&state=xyz";
        assert_eq!(code(recorded, "xyz").unwrap().expose(), "C0.c2ltdWxhdGVk@");
        assert_eq!(code(&format!("  {recorded}\n"), "xyz").unwrap().expose(), "C0.c2ltdWxhdGVk@");
        let twice = recorded.replace("%40", "%2540");
        assert_eq!(code(&twice, "xyz").unwrap().expose(), "C0.c2ltdWxhdGVk%40");
    }

    #[test]
    fn other_answers_are_refused() {
        for (address, error) in [
            ("", NoAnswer::NoCode),
            ("C0.abc@", NoAnswer::NoCode),
            ("https://127.0.0.1/?state=xyz", NoAnswer::NoCode),
            ("https://127.0.0.1/?code=&state=xyz", NoAnswer::NoCode),
            ("https://127.0.0.1/?code=C0.abc%40", NoAnswer::OtherState),
            ("https://127.0.0.1/?code=C0.abc%40&state=xyzz", NoAnswer::OtherState),
            ("https://127.0.0.1/?error=access_denied&state=xyz", NoAnswer::Refused("access_denied".to_owned())),
        ] {
            assert_eq!(code(address, "xyz").map(|_| ()), Err(error), "{address}");
        }
    }
}
