//! What each response code leads to.

use super::super::code::Code;
use super::super::event::Cause;

/// What follows from a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well.
    Go,
    /// Send the command once more, alone.
    Again,
    /// Leave this service as it is.
    SkipService,
    /// Give the connection up.
    End(Cause),
}

/// Of the response to a login.
pub(super) fn login_verdict(code: Code) -> Verdict {
    match code {
        Code::Success => Verdict::Go,
        Code::CloseConnection => Verdict::End(Cause::Evicted),
        Code::LoginDenied => Verdict::End(Cause::Token),
        Code::StopStreaming => Verdict::End(Cause::Stopped),
        Code::UnknownFailure
        | Code::ServiceNotAvailable
        | Code::ReachedSymbolLimit
        | Code::ConnectionNotFound
        | Code::BadCommandFormat
        | Code::CommandFailed(_)
        | Code::Other(_) => Verdict::End(Cause::Refused),
    }
}

/// Of the response to a subscription.
pub(super) fn subscription_verdict(code: Code, is_retry: bool) -> Verdict {
    match code {
        Code::Success => Verdict::Go,
        // Two commands at once are the usual reason.
        Code::CommandFailed(_) if !is_retry => Verdict::Again,
        // Further tickers would be dropped as well, and a malformed command would be malformed again.
        Code::ReachedSymbolLimit
        | Code::ServiceNotAvailable
        | Code::BadCommandFormat
        | Code::CommandFailed(_)
        | Code::Other(_) => Verdict::SkipService,
        Code::LoginDenied
        | Code::UnknownFailure
        | Code::CloseConnection
        | Code::ConnectionNotFound
        | Code::StopStreaming => notice_verdict(code),
    }
}

/// Of what nobody asked for.
pub(super) fn notice_verdict(code: Code) -> Verdict {
    match code {
        Code::CloseConnection => Verdict::End(Cause::Evicted),
        Code::LoginDenied => Verdict::End(Cause::Token),
        Code::StopStreaming => Verdict::End(Cause::Stopped),
        Code::ConnectionNotFound | Code::UnknownFailure => Verdict::End(Cause::Refused),
        Code::Success => Verdict::Go,
        Code::ServiceNotAvailable
        | Code::ReachedSymbolLimit
        | Code::BadCommandFormat
        | Code::CommandFailed(_)
        | Code::Other(_) => Verdict::SkipService,
    }
}
