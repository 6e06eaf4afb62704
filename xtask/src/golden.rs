//! `cargo xtask golden`: results that `golden-exposure` recorded, packed for the repository.

use std::fs;
use std::path::Path;

use unitward_conformance::corpus::{Corpus, VERSIONS, services_below};
use unitward_conformance::golden::{Golden, Recorded};

use crate::options::{Failure, Options};

const HELP: &str = "\
Pack results that golden-exposure recorded.

Usage: cargo xtask golden [--verify] FOLDER

FOLDER has exposure/, real/ and seeds/, each with expected-252, expected-257 and expected-262,
with one JSON file a unit. They become tests/conformance/golden/CORPUS-VERSION.txt, which
is read back and must give the same bytes.

Options:
  --verify   Compare what is packed with FOLDER and write nothing
";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let verify = options.flag("--verify");
    let folder = options
        .positional()
        .ok_or_else(|| Failure::Usage("a folder is needed".to_owned()))?;
    options.finish()?;
    for corpus in Corpus::ALL {
        for version in VERSIONS {
            let from = Path::new(&folder)
                .join(corpus.name())
                .join(format!("expected-{version}"));
            let to = corpus.golden(version);
            let sources = sources(corpus, &from)?;
            if !verify {
                let results = sources
                    .iter()
                    .map(|(path, text)| read(path, text))
                    .collect::<Result<_, _>>()?;
                let text = Golden { results }
                    .to_text()
                    .map_err(|error| Failure::Failed(error.to_string()))?;
                fs::write(&to, text)?;
            }
            let units = compare(&sources, &fs::read_to_string(&to)?)?;
            println!(
                "{}: {units} units, the same bytes as {}",
                to.display(),
                from.display()
            );
        }
    }
    Ok(())
}

/// Path of each unit, and the JSON recorded for it.
fn sources(corpus: Corpus, from: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut sources = Vec::new();
    for path in services_below(&corpus.units())? {
        let file = from.join(format!("{path}.json"));
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
        sources.push((path, text));
    }
    Ok(sources)
}

fn read(path: &str, text: &str) -> Result<Recorded, Failure> {
    Recorded::from_json(path, text).map_err(|error| Failure::Failed(error.to_string()))
}

fn compare(sources: &[(String, String)], packed: &str) -> Result<usize, Failure> {
    let golden = Golden::parse(packed).map_err(|error| Failure::Failed(error.to_string()))?;
    if golden.results.len() != sources.len() {
        return Err(Failure::Failed(format!(
            "{} units instead of {}",
            golden.results.len(),
            sources.len()
        )));
    }
    for (result, (path, text)) in golden.results.iter().zip(sources) {
        if result.path != *path || result.to_json() != *text {
            return Err(Failure::Failed(format!(
                "{path} does not come out as it went in"
            )));
        }
    }
    Ok(sources.len())
}
