//! The text of a token file: JSON, with the tokens in it or, with a key, with the same JSON encrypted.

use alpha_kite_core::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::super::seal::Sealed;
use super::{TokenFile, TokenFileError, TokenSet};
use crate::config::Secret;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Plain {
    version: u32,
    access: String,
    refresh: String,
    issued_at: String,
    expires_at: String,
    refresh_issued_at: String,
}

#[derive(Serialize, Deserialize)]
struct Encrypted {
    version: u32,
    cipher: String,
    nonce: String,
    sealed: String,
}

const CIPHER: &str = "chacha20-poly1305";

impl TokenFile {
    pub(super) fn text(&self, tokens: &TokenSet) -> Result<String, TokenFileError> {
        let plain = Plain {
            version: VERSION,
            access: tokens.access.expose().to_owned(),
            refresh: tokens.refresh.expose().to_owned(),
            issued_at: tokens.issued_at.to_string(),
            expires_at: tokens.expires_at.to_string(),
            refresh_issued_at: tokens.refresh_issued_at.to_string(),
        };
        let text = serde_json::to_string_pretty(&plain).expect("texts can be written as JSON");
        let Some(key) = &self.key else { return Ok(text) };
        let sealed = key.seal(text.as_bytes()).ok_or_else(|| self.damaged("the system has no random numbers"))?;
        let encrypted = Encrypted {
            version: VERSION,
            cipher: CIPHER.to_owned(),
            nonce: STANDARD.encode(sealed.nonce),
            sealed: STANDARD.encode(sealed.text),
        };
        Ok(serde_json::to_string_pretty(&encrypted).expect("texts can be written as JSON"))
    }

    /// A file that is not encrypted is read even if there is a key; the next save encrypts it.
    pub(super) fn parse(&self, text: &str) -> Result<TokenSet, TokenFileError> {
        if let Ok(plain) = serde_json::from_str::<Plain>(text) {
            return self.tokens(&plain);
        }
        let encrypted: Encrypted =
            serde_json::from_str(text).map_err(|_| self.damaged("it has not the form of a token file"))?;
        if (encrypted.version, encrypted.cipher.as_str()) != (VERSION, CIPHER) {
            return Err(self.damaged("a later version of this program wrote it"));
        }
        let Some(key) = &self.key else { return Err(TokenFileError::Sealed { path: self.path.clone() }) };
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| self.damaged("it is not base64"));
        let sealed = Sealed { nonce: decode(&encrypted.nonce)?, text: decode(&encrypted.sealed)? };
        let text = key.open(&sealed).ok_or_else(|| TokenFileError::WrongKey { path: self.path.clone() })?;
        let plain = serde_json::from_slice(&text).map_err(|_| self.damaged("it has not the form of a token file"))?;
        self.tokens(&plain)
    }

    fn tokens(&self, plain: &Plain) -> Result<TokenSet, TokenFileError> {
        if plain.version != VERSION {
            return Err(self.damaged("a later version of this program wrote it"));
        }
        let secret = |text: &str| Secret::new(text).ok_or_else(|| self.damaged("a token is empty or has a space"));
        let moment = |text: &str| Timestamp::parse(text).map_err(|_| self.damaged("a time cannot be read"));
        Ok(TokenSet {
            access: secret(&plain.access)?,
            refresh: secret(&plain.refresh)?,
            issued_at: moment(&plain.issued_at)?,
            expires_at: moment(&plain.expires_at)?,
            refresh_issued_at: moment(&plain.refresh_issued_at)?,
        })
    }
}
