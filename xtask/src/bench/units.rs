//! The units to measure with.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use unitward_conformance::corpus::Corpus;
use unitward_conformance::generate::{SCORED, pools};
use unitward_conformance::random::Random;

use crate::options::Failure;

/// The folder with the real units.
pub(super) fn real_folder() -> PathBuf {
    Corpus::Real.units()
}

/// All real units.
pub(super) fn real() -> Result<Vec<PathBuf>, Failure> {
    Ok(Corpus::Real
        .services()?
        .iter()
        .map(|path| real_folder().join(path))
        .collect())
}

/// `count` units below `folder`, each a real one with up to eight more settings. They are the same on every machine and are
/// written once.
pub(super) fn generated(folder: &Path, count: usize) -> Result<Vec<PathBuf>, Failure> {
    let folder = folder.join(format!("generated-{count}"));
    let paths: Vec<PathBuf> = (0..count)
        .map(|index| folder.join(format!("generated-{index}.service")))
        .collect();
    if paths.last().is_some_and(|path| path.exists()) {
        return Ok(paths);
    }
    fs::create_dir_all(&folder)?;
    let real = real()?
        .iter()
        .map(fs::read_to_string)
        .collect::<Result<Vec<_>, _>>()?;
    let pools = pools();
    let scored: Vec<_> = pools
        .iter()
        .filter(|pool| SCORED.contains(&pool.key))
        .collect();
    let mut random = Random::new(1);
    for (path, text) in paths.iter().zip(real.iter().cycle()) {
        let mut text = format!("{text}\n[Service]\n");
        for _ in 0..random.below(9) {
            let Some(pool) = random.pick(&scored) else {
                continue;
            };
            // The first values of a pool are usual ones.
            let usual = pool.values.get(..3).unwrap_or(&pool.values);
            let Some(value) = random.pick(usual) else {
                continue;
            };
            let _ = writeln!(text, "{}={value}", pool.key);
        }
        fs::write(path, text)?;
    }
    Ok(paths)
}
