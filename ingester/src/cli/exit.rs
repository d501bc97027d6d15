use std::error::Error;
use std::io;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the input is bad, or a difference was found.
    Refused,
    /// 2: the command could not run. Also what a mistake in the arguments gives.
    CouldNotRun,
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// The input is bad.
    pub fn refused(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Refused, cause: Some(cause.into()) }
    }

    /// The command could not run.
    pub fn cannot_run(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::CouldNotRun, cause: Some(cause.into()) }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What to tell the user: the error and its causes. `None` if there is nobody left to read.
    pub fn message(&self) -> Option<String> {
        let error = self.cause.as_ref()?;
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many errors already tell their cause.
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        Some(message)
    }
}

impl From<io::Error> for Failure {
    /// A reader that has seen enough, as in `| head`, is a quiet end.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self { exit: Exit::Done, cause: None }
        } else {
            Self::cannot_run(error)
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::CouldNotRun => 2,
        })
    }
}
