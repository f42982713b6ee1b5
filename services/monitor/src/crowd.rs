//! Many sites that fail at one time have not failed: our own network has, or what we look through.

/// Whether a greater share than `most` of those that were well until now seems to have failed at this time.
///
/// Sites that failed earlier are counted in neither number: a site that is gone for good must not hide the next one.
pub(crate) fn is_our_own(failing: usize, were_well: usize, most: f64) -> bool {
    // Sites are thousands, which a double holds exactly.
    failing > 0 && failing as f64 > most * were_well as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_is_our_own_and_one_of_two_is_not() {
        assert!(!is_our_own(0, 0, 0.5) && !is_our_own(0, 5, 0.5));
        assert!(!is_our_own(1, 2, 0.5) && is_our_own(2, 2, 0.5));
        assert!(!is_our_own(2, 4, 0.5) && is_our_own(3, 4, 0.5));
        assert!(is_our_own(1, 1, 0.5), "the last one cannot be told from our own network");
        assert!(!is_our_own(4, 4, 1.0), "switched off");
    }
}
