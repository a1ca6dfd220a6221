//! How long a script is to a reader: its lines with a time, and the settings of its header.
//!
//! What every script says is not counted: the format, the system, the seed, how many processes
//! there are, and which rules are judged.

/// What every script says, or may as well.
const SAID_BY_ALL: [&str; 6] = ["squall", "system", "seed", "servers", "clients", "judge"];

/// The lines that count of the script `text`.
pub(crate) fn lines(text: &str) -> u64 {
    counted(text).count() as u64
}

fn counted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| counts(line))
}

fn counts(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("#");
    !word.starts_with('#') && !SAID_BY_ALL.contains(&word)
}

fn has_time(line: &str) -> bool {
    line.trim_start().starts_with(|first: char| first.is_ascii_digit())
}

/// The script `text` without one line that has a time, for each such line.
pub(crate) fn without_a_line(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let timed = lines.iter().enumerate().filter(|(_, line)| has_time(line));
    timed
        .map(|(left_out, _)| {
            let kept = lines.iter().enumerate().filter(|(place, _)| *place != left_out);
            kept.map(|(_, line)| format!("{line}\n")).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
squall 1
# A story.
system synod
seed 1
servers 2
knob backoff 1ms

0ms  calm
0ms  n1 propose apple # at once
";

    #[test]
    fn settings_and_lines_with_a_time_count() {
        assert_eq!(counted(SCRIPT).count(), 3);
        assert_eq!(lines(SCRIPT), 3);
    }

    #[test]
    fn each_line_with_a_time_is_left_out_once() {
        let shorter = without_a_line(SCRIPT);
        assert_eq!(shorter.len(), 2);
        assert!(!shorter[0].contains("calm") && shorter[0].contains("apple"), "{}", shorter[0]);
        assert!(shorter[1].ends_with("0ms  calm\n"), "{}", shorter[1]);
    }
}
