//! Who holds a lease, and since which takeover.

/// One holding of a lease, from its takeover until the next one.
///
/// A write that names it is refused from the moment on in which somebody else takes the lease. That the lease has run out
/// does not end it: as long as nobody took it, nobody else has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The lease's name.
    pub lease: String,
    /// Which process holds it; a text of its own making that no other has.
    pub holder: String,
    /// Counts the takeovers of the lease.
    pub number: i64,
}

/// What became of an attempt to take a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is the asker's until it runs out.
    Granted(Tenure),
    /// This process has it.
    HeldBy(String),
}
