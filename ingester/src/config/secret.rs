use std::fmt;

/// A text that must not be shown: it has no `Display`, and its `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret of printable ASCII characters without spaces; `None` for any other text.
    pub fn new(text: &str) -> Option<Self> {
        let is_fit = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_fit.then(|| Self(text.to_owned()))
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be said of a secret: whether it is set.
    pub fn shown(secret: Option<&Self>) -> &'static str {
        if secret.is_some() { "set, not shown" } else { "not set" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}
