//! Every target over its corpus, and over random changes of it, on the stable toolchain.

use std::fs;
use std::path::Path;

use fuzz::TARGETS;

/// Random inputs for each target; a second or two of work.
const ROUNDS: usize = 20_000;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("each target has a corpus")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| fs::read(path).expect("a readable file"))
        .collect()
}

/// Repeatable chance: xorshift with a fixed seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound.max(1)).expect("a length");
        usize::try_from(self.0 % bound).expect("below a length")
    }

    fn octet(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("below 256")
    }
}

/// A few changes: an octet replaced, removed or put in, a tail of another input.
fn change(octets: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(octets.len() + 1);
        match dice.below(5) {
            0 if at < octets.len() => octets[at] = dice.octet(),
            1 if at < octets.len() => drop(octets.remove(at)),
            2 => octets.insert(at, dice.octet()),
            3 => octets.truncate(at),
            _ => {
                octets.truncate(at);
                octets.extend_from_slice(&other[dice.below(other.len())..]);
            }
        }
    }
    octets.truncate(20_000);
}

#[test]
fn every_input_of_the_corpus_keeps_every_promise() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in &inputs {
            target(input);
        }
    }
}

#[test]
fn random_changes_of_the_corpus_keep_every_promise() {
    let mut dice = Dice(0x5EED_0003);
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        for _ in 0..ROUNDS {
            let mut input = inputs[dice.below(inputs.len())].clone();
            let other = inputs[dice.below(inputs.len())].clone();
            change(&mut input, &other, &mut dice);
            target(&input);
        }
    }
}
