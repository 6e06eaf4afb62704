//! Making new inputs from old ones.

use unitward_conformance::generate::{Pool, pools};
use unitward_conformance::random::Random;

/// Inputs do not grow beyond this many bytes.
pub const LENGTH_MAX: usize = 64 * 1024;

/// Texts that parsers have branches for.
const TOKENS: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\r\n",
    b"\\\n",
    b"\\",
    b"\0",
    b"=",
    b"[Service]\n",
    b"[Unit]\n",
    b"[",
    b"]",
    b"#",
    b";",
    b"\"",
    b"'",
    b"%",
    b"%%",
    b"%i",
    b"%n",
    b"%t",
    b"%z",
    b"~",
    b"-",
    b"+",
    b"!",
    b"@",
    b":",
    b",",
    b"/",
    b"..",
    b"\\x2d",
    b"\\x00",
    b"\\u00e4",
    b"\\777",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b" ",
    b"\t",
    b"infinity",
    b"yes",
    b"no",
    b"0",
    b"-1",
    b"18446744073709551616",
    b"@system-service",
    b"CAP_SYS_ADMIN",
    b"AF_INET",
    b"10.0.0.0/8",
    b"::/0",
    b"{",
    b"}",
    b"\"a\":",
    b"null",
    b"true",
    b"1e999",
    b"[[exceptions]]\n",
];

/// An endless supply of inputs, the same ones from the same seed.
pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    pools: Vec<Pool>,
    seed: u64,
}

impl Mutator {
    /// Starts from `seeds`; `seed` decides about all that is random.
    pub fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Self {
        Self {
            seeds,
            pools: pools(),
            seed,
        }
    }

    /// Input number `index`, which depends on nothing but the seeds and the numbers. The first ones are the seeds.
    pub fn input(&self, index: u64) -> Vec<u8> {
        let plain = usize::try_from(index)
            .ok()
            .and_then(|index| self.seeds.get(index));
        if let Some(seed) = plain {
            return seed.clone();
        }
        let mut random = Random::new(self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ index);
        random.bits();
        let mut input = random.pick(&self.seeds).cloned().unwrap_or_default();
        for _ in 0..=random.below(8) {
            self.change(&mut input, &mut random);
            input.truncate(LENGTH_MAX);
        }
        input
    }

    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(input.len() + 1);
        let end = at + random.below((input.len() - at).min(64) + 1);
        match random.below(12) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.bits().to_le_bytes()[0];
                }
            }
            2 => {
                let extreme = random
                    .pick(&[0_u8, 1, 0x7f, 0x80, 0xff])
                    .copied()
                    .unwrap_or(0);
                input
                    .iter_mut()
                    .skip(at)
                    .take(1 + random.below(8))
                    .for_each(|byte| *byte = extreme);
            }
            3 => {
                input.drain(at..end);
            }
            4 => {
                let piece = input.get(at..end).unwrap_or_default().to_vec();
                input.splice(at..at, piece.repeat(1 + random.below(3)));
            }
            5 => {
                // Much of the same: what is quadratic shows.
                let piece = input.get(at..end).unwrap_or_default().to_vec();
                let room = LENGTH_MAX.saturating_sub(input.len()) / piece.len().max(1);
                if random.one_in(8) {
                    input.splice(at..at, piece.repeat(random.below(room + 1)));
                }
            }
            6 | 7 => {
                let token = random.pick(TOKENS).copied().unwrap_or_default();
                input.splice(at..at, token.iter().copied());
            }
            8 => self.assign(input, at, random),
            9 => {
                // The end of another input.
                if let Some(other) = random.pick(&self.seeds) {
                    let from = random.below(other.len() + 1);
                    input.truncate(at);
                    input.extend(other.iter().skip(from));
                }
            }
            10 => input.truncate(at),
            _ => {
                let bytes: Vec<u8> = (0..1 + random.below(8))
                    .map(|_| random.bits().to_le_bytes()[0])
                    .collect();
                input.splice(at..at, bytes);
            }
        }
    }

    /// A whole assignment before the next line.
    fn assign(&self, input: &mut Vec<u8>, at: usize, random: &mut Random) {
        let Some(pool) = random.pick(&self.pools) else {
            return;
        };
        let Some(value) = random.pick(&pool.values) else {
            return;
        };
        let line = input
            .iter()
            .skip(at)
            .position(|&byte| byte == b'\n')
            .map_or(input.len(), |next| at + next + 1);
        input.splice(line..line, format!("{}={value}\n", pool.key).into_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_depend_on_the_numbers_only() {
        let seeds = vec![b"[Service]\nUser=a\n".to_vec(), b"x".to_vec()];
        let inputs = |seed| {
            let mutator = Mutator::new(seeds.clone(), seed);
            (0..200)
                .map(|index| mutator.input(index))
                .collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert_eq!(inputs(1).first(), seeds.first());
        assert!(inputs(3).iter().all(|input| input.len() <= LENGTH_MAX));
    }
}
