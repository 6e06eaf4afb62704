//! `unitward cat`: the files of units, as `systemctl cat` prints them.

use std::io::IsTerminal as _;

use unitward_unit::Unit;
use unitward_unit::load::LoadState;

use crate::args::Cat;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};
use crate::units::{Units, load_problem};
use crate::version;

/// Prints the files of units.
pub(crate) fn run(args: &Cat, pager: Pager) -> Result<Exit, Error> {
    let version = version::of_source(&args.source);
    let units = Units::new(&args.source, version)?;
    let shown = Shown {
        paint: Paint::of_stdout(),
        on_terminal: std::io::stdout().is_terminal(),
    };
    let mut text = Vec::new();
    let mut exit = Exit::Clean;
    for argument in &args.units {
        for target in units.targets(argument)? {
            let unit = units.load(&target)?;
            if unit.state == LoadState::NotFound {
                ui::note(&format!("No files found for {}.", unit.name));
                exit = Exit::Findings;
                continue;
            }
            if !text.is_empty() {
                text.push(b'\n');
            }
            shown.files(&mut text, &unit);
            notes(&unit);
        }
    }
    match std::str::from_utf8(&text) {
        Ok(text) => ui::page(text, pager)?,
        Err(_) => ui::print_bytes(&text)?,
    }
    Ok(exit)
}

/// How files are shown.
struct Shown {
    paint: Paint,
    on_terminal: bool,
}

impl Shown {
    /// The main file and the drop-ins in their order, each under its path.
    fn files(&self, text: &mut Vec<u8>, unit: &Unit) {
        if unit.state == LoadState::Masked {
            text.extend_from_slice(format!("# Unit {} is masked.\n", unit.name).as_bytes());
            return;
        }
        for (at, file) in unit.files.iter().enumerate() {
            if at > 0 {
                text.push(b'\n');
            }
            let path = ui::printable(&file.path.to_string_lossy());
            text.extend_from_slice(self.paint.path(&format!("# {path}")).as_bytes());
            text.push(b'\n');
            self.text(text, file.document.bytes());
        }
    }

    /// The bytes of a file; on a terminal without any that could move the cursor or change colors.
    fn text(&self, text: &mut Vec<u8>, bytes: &[u8]) {
        if self.on_terminal {
            for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
                let line = line
                    .strip_suffix('\n')
                    .unwrap_or(line)
                    .replace('\t', "        ");
                text.extend_from_slice(ui::printable(&line).as_bytes());
                text.push(b'\n');
            }
            return;
        }
        text.extend_from_slice(bytes);
        if bytes.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
    }
}

/// What is wrong with the files.
fn notes(unit: &Unit) {
    if unit.state != LoadState::Masked
        && let Some(problem) = load_problem(unit)
    {
        ui::note(&format!("{problem}."));
    }
    unit.skipped
        .iter()
        .for_each(|error| ui::note(&error.to_string()));
}
