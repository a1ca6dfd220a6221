//! What the benches share: the keys, the node names, and the table of ratios.
//!
//! Every contestant is given the same keys in the same order and returns its node. A name that
//! ends in "+xxh64" is the crate with XXH64 in place of its own default hasher, so that the search
//! is compared and not the hash; the best of a kind is taken over both.

use std::collections::BTreeMap;
use std::path::Path;

use criterion::Criterion;

/// The numbers of nodes.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// Sixteen bytes: what a short key is.
pub type Key = [u8; 16];

/// More keys than a cache of points would hold, in an order that no prefetcher knows.
pub fn keys() -> Vec<Key> {
    let key = |number: u64| {
        let mut key = *b"user-00000000000";
        let digits = format!(
            "{:011}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 100_000_000_000
        );
        key[5..].copy_from_slice(digits.as_bytes());
        key
    };
    (0..65_536).map(key).collect()
}

/// Names as of hosts.
pub fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("10.1.{}.{}:8080", number / 250, number % 250))
        .collect()
}

/// Criterion with short runs: the figures wanted are ratios within one run.
pub fn short() -> Criterion {
    let milliseconds = std::time::Duration::from_millis;
    Criterion::default()
        .sample_size(15)
        .warm_up_time(milliseconds(150))
        .measurement_time(milliseconds(400))
        .configure_from_args()
}

/// Runs `look_up` over the keys, one a call, around and around.
pub fn each_key<'a, T: 'a>(
    bencher: &mut criterion::Bencher<'_>,
    keys: &'a [Key],
    mut look_up: impl FnMut(&'a Key) -> T,
) {
    let mut next = 0;
    bencher.iter(|| {
        let key = &keys[next];
        next = (next + 1) & 0xffff;
        look_up(key)
    });
}

/// Prints the medians that criterion has written, group by group, and for each column of sizes how
/// many times faster the first ("squall") is than the best of the others.
pub fn print_ratios(groups: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/criterion");
    for group in groups {
        let table = medians(&root.join(group));
        let mut sizes: Vec<usize> = table.values().flat_map(|row| row.keys().copied()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        println!("\n{group}, median ns a call");
        print!("{:<32}", "nodes");
        sizes.iter().for_each(|size| print!("{size:>12}"));
        println!();
        for (name, row) in &table {
            print!("{name:<32}");
            for size in &sizes {
                match row.get(size) {
                    Some(median) => print!("{median:>12.1}"),
                    None => print!("{:>12}", "-"),
                }
            }
            println!();
        }
        print!("{:<32}", "squall, times the best other");
        for size in &sizes {
            let ours = |name: &str| name.starts_with("squall");
            let best = |mine: bool| {
                let rows = table.iter().filter(|(name, _)| ours(name) == mine);
                rows.filter_map(|(_, row)| row.get(size))
                    .copied()
                    .min_by(f64::total_cmp)
            };
            match (best(true), best(false)) {
                (Some(mine), Some(other)) => print!("{:>11.2}x", other / mine),
                _ => print!("{:>12}", "-"),
            }
        }
        println!();
    }
}

type Rows = BTreeMap<String, BTreeMap<usize, f64>>;

fn medians(group: &Path) -> Rows {
    let mut rows = Rows::new();
    let folders = |path: &Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect()
    };
    let last = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    for contestant in folders(group) {
        for size in folders(&contestant) {
            let text = std::fs::read_to_string(size.join("new/estimates.json")).unwrap_or_default();
            let estimates: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let median = estimates["median"]["point_estimate"].as_f64();
            if let (Some(median), Ok(size)) = (median, last(&size).parse()) {
                rows.entry(last(&contestant))
                    .or_default()
                    .insert(size, median);
            }
        }
    }
    rows
}
