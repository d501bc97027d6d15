//! The local HTTPS server that the browser is sent back to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::{Host, Url};

use super::answer::{self, NoAnswer};
use crate::cli::Failure;
use crate::config::Secret;

/// For a handshake, or for a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer requests are not read.
const MAX_REQUEST_BYTES: usize = 16 << 10;

/// Connections at once; browsers open some that they do not use.
const MAX_CONNECTIONS: usize = 16;

/// Listens where the redirect URI points to.
pub(super) struct Callback {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    redirect: Url,
}

impl Callback {
    /// `None` if the redirect URI names no port of this machine: then the browser finds nobody, and the address is pasted.
    pub(super) async fn bind(redirect_uri: &str) -> Result<Option<Self>, Failure> {
        let Some((redirect, address)) = local_address(redirect_uri) else { return Ok(None) };
        let acceptor = TlsAcceptor::from(server_config()?);
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::cannot_run(format!("cannot listen on {address} for the browser: {error}")))?;
        Ok(Some(Self { listener, acceptor, redirect }))
    }

    /// Serves the browser until it brings the code of the login with this state.
    pub(super) async fn code(&self, state: &str) -> Result<Secret, NoAnswer> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let Ok((stream, _)) = accepted else { continue };
                    let (acceptor, redirect, state) = (self.acceptor.clone(), self.redirect.clone(), state.to_owned());
                    connections.spawn(async move { serve(stream, &acceptor, &redirect, &state).await });
                }
                Some(served) = connections.join_next() => match served {
                    Ok(Some(Ok(code))) => return Ok(code),
                    Ok(Some(Err(NoAnswer::Refused(error)))) => return Err(NoAnswer::Refused(error)),
                    // Something else asked, or broke off.
                    Ok(Some(Err(NoAnswer::NoCode | NoAnswer::OtherState)) | None) | Err(_) => {}
                },
            }
        }
    }
}

/// The address of a redirect URI like `https://127.0.0.1:8182`.
fn local_address(redirect_uri: &str) -> Option<(Url, SocketAddr)> {
    let url = Url::parse(redirect_uri).ok()?;
    // Without a port the browser goes to 443, which needs rights that this program should not have.
    let port = url.port()?;
    match url.host()? {
        Host::Ipv4(address) if address.is_loopback() => Some((url, SocketAddr::new(address.into(), port))),
        Host::Ipv6(address) if address.is_loopback() => Some((url, SocketAddr::new(address.into(), port))),
        Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_) => None,
    }
}

/// A certificate of its own, for this one login. No browser trusts it; a person has to say so once.
fn server_config() -> Result<Arc<ServerConfig>, Failure> {
    let names = ["127.0.0.1", "::1", "localhost"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).map_err(Failure::cannot_run)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Failure::cannot_run)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(Failure::cannot_run)?;
    Ok(Arc::new(config))
}

/// Serves one connection; what it brought, if it was a request.
async fn serve(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    redirect: &Url,
    state: &str,
) -> Option<Result<Secret, NoAnswer>> {
    let mut stream = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await.ok()?.ok()?;
    let mut request = Vec::new();
    let reading = async {
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if request.len() > MAX_REQUEST_BYTES || stream.read_buf(&mut request).await.ok()? == 0 {
                return None;
            }
        }
        Some(())
    };
    tokio::time::timeout(PATIENCE, reading).await.ok()??;
    let target = target(&request);
    let url = target.as_deref().and_then(|target| redirect.join(target).ok());
    let url = url.filter(|url| url.origin() == redirect.origin() && url.path() == redirect.path());
    let (status, text, answer) = match url.map(|url| answer::code(url.as_str(), state)) {
        None => ("404 Not Found", "Nothing is here.".to_owned(), Err(NoAnswer::NoCode)),
        Some(Ok(code)) => ("200 OK", "Logged in. You can close this page.".to_owned(), Ok(code)),
        Some(Err(error)) => ("400 Bad Request", format!("Not logged in: {error}."), Err(error)),
    };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nReferrer-Policy: no-referrer\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // The code counts, whether or not the browser sees the page.
    let _ = tokio::time::timeout(PATIENCE, async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
    Some(answer)
}

/// What a GET asks for.
fn target(request: &[u8]) -> Option<String> {
    let line = request.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    match (words.next()?, words.next()?) {
        ("GET", target) if target.starts_with('/') && !target.starts_with("//") => Some(target.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_port_of_this_machine_is_listened_on() {
        let address = |uri: &str| local_address(uri).map(|(_, address)| address.to_string());
        assert_eq!(address("https://127.0.0.1:8182").as_deref(), Some("127.0.0.1:8182"));
        assert_eq!(address("https://[::1]:8182/x").as_deref(), Some("[::1]:8182"));
        for uri in ["https://127.0.0.1", "https://127.0.0.1:443/", "https://example.com:8182", "https://10.0.0.1:1"] {
            assert_eq!(address(uri), None, "{uri}");
        }
    }

    #[test]
    fn requests_are_understood() {
        assert_eq!(target(b"GET /?code=x HTTP/1.1\r\nHost: a\r\n\r\n").as_deref(), Some("/?code=x"));
        for request in [
            &b"POST / HTTP/1.1\r\n\r\n"[..],
            b"",
            b"GET",
            b"GET //evil HTTP/1.1\r\n",
            b"GET https://a\r\n",
            b"\xff \xff",
        ] {
            assert_eq!(target(request), None);
        }
    }
}
