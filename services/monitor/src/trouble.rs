//! What goes wrong round after round is told once, and once more when it is over.

/// What went wrong in the last round, if anything did.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Option<String>);

impl Trouble {
    /// Tells what has changed since the last round; `of` says which measurement it is.
    pub(crate) fn tell(&mut self, of: &str, reason: Option<String>) {
        match &reason {
            Some(reason) if self.0.as_ref() != Some(reason) => {
                tracing::warn!(of, %reason, "a measurement fails; what was said last holds")
            }
            None if self.0.is_some() => tracing::info!(of, "a measurement is taken again"),
            Some(_) | None => {}
        }
        self.0 = reason;
    }
}
