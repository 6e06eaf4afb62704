//! `unitward inspect`: the sandbox that a running process is really in.

mod beside;
mod host;
mod json;
mod select;
mod table;
mod words;

use unitward_inspect::{Depth, State, Target, Unreachable};

use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};

use beside::Beside;

/// A process, and the comparison with its unit where there is one.
struct Inspected {
    state: State,
    /// The unit of its control group.
    unit: Option<String>,
    beside: Option<Beside>,
    /// Why it is not compared with a unit.
    why_not: Option<String>,
}

/// Shows what was asked for.
pub(crate) fn run(args: &args::Inspect, pager: Pager) -> Result<Exit, Error> {
    if args.host {
        return host::run(args, pager);
    }
    if args.all {
        let rows = unitward_inspect::overview();
        let text = match args.json {
            true => json::rows(&rows),
            false => table::text(&rows),
        };
        ui::page(&text, pager)?;
        return Ok(Exit::Clean);
    }
    let selected = select::pids(&args.targets)?;
    let mut all = Vec::new();
    for pid in selected.pids {
        match inspect(args, pid) {
            Ok(inspected) => all.push(inspected),
            // One of many that has ended meanwhile is none.
            Err(Failed::Gone(_)) if selected.by_name => {}
            Err(Failed::Gone(error)) => {
                ui::note(&format!("{error}."));
                return Ok(Exit::Nothing);
            }
            Err(Failed::Other(error)) => return Err(error),
        }
    }
    if all.is_empty() {
        ui::note(&format!(
            "There is no process of {}.",
            ui::printable(&args.targets.join(", "))
        ));
        return Ok(Exit::Nothing);
    }
    let text = match args.json {
        true => json::processes(&all),
        false => words::processes(&all, args.threads, Paint::of_stdout()),
    };
    ui::page(&text, pager)?;
    let is_bad = all
        .iter()
        .filter_map(|one| one.beside.as_ref())
        .any(Beside::is_bad);
    Ok(if is_bad { Exit::Findings } else { Exit::Clean })
}

enum Failed {
    Gone(Unreachable),
    Other(Error),
}

fn inspect(args: &args::Inspect, pid: i32) -> Result<Inspected, Failed> {
    let read = Target::open(pid).and_then(|target| State::read(&target, Depth::Family));
    let state = match read {
        Ok(state) => state,
        Err(gone @ Unreachable::Gone(_)) => return Err(Failed::Gone(gone)),
        Err(error) => return Err(Failed::Other(Error::new(format!("{error}.")))),
    };
    let unit = state.control_groups.unit();
    let asked = args.unit.is_some() || !args.properties.is_empty();
    let (beside, why_not) = match beside::compare(args, &state, unit.as_deref()) {
        Ok(beside) => (beside, None),
        Err(error) if asked => return Err(Failed::Other(error)),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Inspected {
        state,
        unit,
        beside,
        why_not,
    })
}
