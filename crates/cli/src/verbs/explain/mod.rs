//! `unitward explain`: the catalogue's pages.

mod directive;
mod index;
mod other;
mod page;
mod signal;
mod topic;

use std::io::IsTerminal as _;

use unitward_catalog::Version;

use crate::args::Explain;
use crate::error::Error;
use crate::exit::Exit;
use crate::markdown::Look;
use crate::ui::{self, Pager, Paint};
use crate::version;

use page::Page;
use topic::{Found, Topic};

/// Prints the pages of the names, or what there is.
pub(crate) fn run(args: &Explain, pager: Pager) -> Result<Exit, Error> {
    let look = Look {
        paint: Paint::of_stdout(),
        width: ui::columns(),
    };
    let version = version::or_host(args.version);
    if args.names.is_empty() {
        // In a pipe an entry is a line, for grep.
        let is_read = std::io::stdout().is_terminal();
        let width = if is_read { look.width } else { usize::MAX };
        ui::page(&index::text(Look { width, ..look }), pager)?;
        return Ok(Exit::Clean);
    }
    let mut pages = Vec::new();
    for name in &args.names {
        let Found { topic, note } = topic::find(name).ok_or_else(|| unknown(name))?;
        if let Some(note) = note {
            ui::note(&note);
        }
        pages.push(text(&topic, look, version));
    }
    let between = format!("\n{}\n\n", look.paint.dim(&"─".repeat(look.width.min(72))));
    let between = if look.paint.utf8() {
        between
    } else {
        "\n".to_owned()
    };
    ui::page(&pages.join(&between), pager)?;
    Ok(Exit::Clean)
}

fn text(topic: &Topic, look: Look, version: Version) -> String {
    let mut page = Page::new(look);
    match topic {
        Topic::Directive(directive) => directive::page(&mut page, directive, version),
        Topic::Rule(rule) => other::rule(&mut page, rule),
        Topic::Family(family) => other::family(&mut page, *family),
        Topic::ExitStatus(status) => other::exit_status(&mut page, status),
        Topic::Signal(signal) => other::signal(&mut page, signal),
        Topic::FreeStatus(code) => other::free_status(&mut page, *code),
        Topic::SyscallSet(name) => other::syscall_set(&mut page, name, version),
        Topic::FilesystemSet(set) => other::filesystem_set(&mut page, set),
        Topic::Capability(capability) => other::capability(&mut page, *capability),
        Topic::Syscall(call) => other::syscall(&mut page, *call),
        Topic::Check(check) => other::check(&mut page, check),
        Topic::Key(name) => other::key(&mut page, name),
        Topic::Config => page.markdown(include_str!("config.md")),
        Topic::ExitCodes => page.markdown(include_str!("exit-codes.md")),
    }
    page.finish()
}

fn unknown(name: &str) -> Error {
    Error::new(format!("Nothing is known about {}.", ui::printable(name)))
        .hint("Names are those of directives, rules, exit statuses, system call sets, system calls and capabilities.")
        .hint("unitward explain lists them.")
}
