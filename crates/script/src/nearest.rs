//! Finds the known word that was probably meant.

/// Longer words are ignored: no known word is that long.
const LENGTH_MAX: usize = 32;

/// Returns the word of `known` that is closest to `word`, if it is close: at most one typing
/// mistake in three letters.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LENGTH_MAX + 1).collect();
    if word.len() > LENGTH_MAX {
        return None;
    }
    let slips_max = (word.len() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (slips(&word, &candidate.chars().collect::<Vec<_>>()), candidate))
        .filter(|&(slips, candidate)| slips <= slips_max && slips < candidate.len())
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, candidate)| candidate)
}

/// Returns the smallest number of letters to insert, delete, replace, or swap with their neighbour,
/// to turn one word into the other.
fn slips(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            let is_swap =
                row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            if is_swap {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = ["crash", "cut", "calm", "clock", "duplicate"];
        let cases = [
            ("crsh", Some("crash")),
            ("carsh", Some("crash")),
            ("duplicat", Some("duplicate")),
            ("cot", Some("cut")),
            ("reboot", None),
            ("", None),
        ];
        for (word, meant) in cases {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }
}
