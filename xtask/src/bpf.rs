//! `cargo xtask bpf`: the programs that run in the kernel, from C to the objects that are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::{Failure, Options};
use crate::run;
use crate::test::Tally;

const HELP: &str = "\
Build the programs that run in the kernel, with clang 14.

Usage: cargo xtask bpf [--check]

Options:
  --check  Build nothing; fail when an object is not what its source builds
";

/// Another version builds other code of the same source.
const VERSION: &str = "14.";

/// Named so in some distributions, when there are several.
const COMPILERS: [&str; 2] = ["clang-14", "clang"];

const FOLDER: &str = "crates/observe/bpf";
const SOURCE: &str = ".bpf.c";

pub(crate) fn main(mut options: Options) -> Result<(), Failure> {
    options.help(HELP)?;
    let only_check = options.flag("--check");
    options.finish()?;
    let compiler = compiler().map_err(Failure::Failed)?;
    for source in sources()? {
        let object = source.with_extension("o");
        let built = build(&compiler, &source)?;
        let is_same = fs::read(&object).is_ok_and(|kept| kept == built);
        match (is_same, only_check) {
            (true, _) => println!("{}: as its source builds it", object.display()),
            (false, false) => {
                fs::write(&object, built)?;
                println!("{}: built", object.display());
            }
            (false, true) => {
                let text = format!("{} is not what its source builds", object.display());
                return Err(Failure::Failed(text));
            }
        }
    }
    Ok(())
}

/// The check as a test, which is skipped where there is no such compiler.
pub(crate) fn check(tally: &mut Tally) -> Result<(), Failure> {
    let name = "objects of kernel programs are what their sources build";
    let compiler = match compiler() {
        Ok(compiler) => compiler,
        Err(why) => {
            println!("{name}: skipped: {why}");
            tally.skipped.push((name.to_owned(), why));
            return Ok(());
        }
    };
    let mut is_same = true;
    for source in sources()? {
        is_same &= fs::read(source.with_extension("o"))? == build(&compiler, &source)?;
    }
    tally.check(name, is_same);
    Ok(())
}

/// The compiler, or why there is none.
fn compiler() -> Result<PathBuf, String> {
    let found = COMPILERS.iter().find_map(|name| {
        let path = run::find(name)?;
        let text = run::output(Command::new(&path).arg("--version"))?;
        text.contains(&format!("clang version {VERSION}"))
            .then_some(path)
    });
    found.ok_or_else(|| "clang 14 is not installed".to_owned())
}

fn sources() -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(run::top().join(FOLDER))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths
        .filter(|path| path.to_string_lossy().ends_with(SOURCE))
        .collect())
}

/// The object of a source; the folder that it is built in does not show.
fn build(compiler: &Path, source: &Path) -> Result<Vec<u8>, Failure> {
    let folder = run::target().join("bpf");
    fs::create_dir_all(&folder)?;
    let object = folder.join("built.o");
    let mut command = Command::new(compiler);
    command
        .args(["-target", "bpf", "-mcpu=v2", "-O2", "-Wall", "-Wextra"])
        .args(["-Werror", "-Wno-unused-parameter", "-c", "-o"])
        .arg(&object)
        .arg(source.file_name().unwrap_or_default())
        .current_dir(source.parent().unwrap_or(source));
    if !run::status(&mut command)? {
        let text = format!("{} does not build", source.display());
        return Err(Failure::Failed(text));
    }
    Ok(fs::read(&object)?)
}
