//! Operations: both backends against the oracle. Imports the crate, the oracle and the cases.

mod cases;
mod oracle;

/// Proves: the oracle's own generator and error function are right.
#[test]
fn oracle_known_answers() {
    oracle::scalar::check_known_answers();
}
