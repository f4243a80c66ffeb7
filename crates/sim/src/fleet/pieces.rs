//! A write cut to pieces, as slow modems and small buffers cut it.

use std::time::Duration;

use crate::dice::Dice;

/// The longest pause between two pieces: long enough that they are read apart.
const LONGEST_PAUSE_MILLIS: u32 = 20;

/// Two to four pieces of `octets`, none of them empty, each with the pause behind it.
pub(super) fn pieces<'a>(dice: &mut Dice, octets: &'a [u8]) -> Vec<(&'a [u8], Duration)> {
    let mut rest = octets;
    let mut pieces = Vec::new();
    let mut cuts = 1 + dice.below(3);
    while cuts > 0 && rest.len() > 1 {
        let room = u32::try_from(rest.len() - 1).unwrap_or(u32::MAX);
        let (piece, behind) = rest.split_at(1 + dice.below(room) as usize);
        let pause = 1 + dice.below(LONGEST_PAUSE_MILLIS);
        pieces.push((piece, Duration::from_millis(pause.into())));
        rest = behind;
        cuts -= 1;
    }
    pieces.push((rest, Duration::ZERO));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_and_none_is_empty() {
        let octets: Vec<u8> = (0..=255).collect();
        for length in 1..octets.len() {
            let mut dice = Dice::new(1, length as u64, 0);
            let pieces = pieces(&mut dice, &octets[..length]);
            assert!(pieces.iter().all(|(piece, _)| !piece.is_empty()));
            assert!(length == 1 || pieces.len() > 1);
            let whole: Vec<u8> = pieces
                .into_iter()
                .flat_map(|(piece, _)| piece)
                .copied()
                .collect();
            assert_eq!(whole, octets[..length]);
        }
    }
}
