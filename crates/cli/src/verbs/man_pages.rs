//! `unitward man-pages`: manual pages, made from the definitions of the arguments and the sections under `man/`.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::args::Cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;

/// What every page of section 1 ends with.
const COMMON: &str = include_str!("man/common.md");
/// What the pages of the verbs have besides.
const OWN: &[(&str, &str)] = &[
    ("", include_str!("man/unitward.md")),
    ("check", include_str!("man/check.md")),
    ("harden", include_str!("man/harden.md")),
    ("inspect", include_str!("man/inspect.md")),
    ("observe", include_str!("man/observe.md")),
    ("diagnose", include_str!("man/diagnose.md")),
    ("run", include_str!("man/run.md")),
    ("show", include_str!("man/show.md")),
    ("cat", include_str!("man/cat.md")),
    ("explain", include_str!("man/explain.md")),
    ("capability", include_str!("man/capability.md")),
    ("syscall-filter", include_str!("man/syscall-filter.md")),
    ("systemd-analyze", include_str!("man/systemd-analyze.md")),
];
/// The pages of files and of exit statuses, which `explain` prints too.
const CONFIGURATION: &str = include_str!("explain/config.md");
const EXIT_STATUS: &str = include_str!("explain/exit-codes.md");

/// Writes every page into a folder.
pub(crate) fn run(folder: &Path) -> Result<Exit, Error> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Error::new(format!(
            "Cannot make the folder {}: {error}.",
            folder.display()
        ))
    })?;
    let mut cli = Cli::command();
    cli.build();
    let verbs = cli
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .cloned();
    let pages = [cli.clone()]
        .into_iter()
        .chain(verbs.map(|verb| page_of(&verb)));
    for command in pages {
        let name = command.get_name().to_owned();
        let page = page(command)?;
        files::replace(&folder.join(format!("{name}.1")), page.as_bytes())?;
    }
    let page = format!(
        "{}{}",
        title("unitward.toml", "5", "what is decided about units"),
        roff(CONFIGURATION)
    );
    files::replace(&folder.join("unitward.toml.5"), page.as_bytes())?;
    Ok(Exit::Clean)
}

/// A verb under the name of its page.
fn page_of(verb: &Command) -> Command {
    let name = format!("unitward-{}", verb.get_name());
    let bin = format!("unitward {}", verb.get_name());
    verb.clone()
        .name(name)
        .bin_name(bin)
        .disable_help_subcommand(true)
}

fn page(command: Command) -> Result<String, Error> {
    let name = command.get_name().to_owned();
    let verb = name.strip_prefix("unitward-").unwrap_or("");
    let own = OWN
        .iter()
        .find(|(of, _)| *of == verb)
        .map_or("", |(_, text)| text);
    let man = Man::new(command.version(env!("CARGO_PKG_VERSION")))
        .manual("unitward")
        .source(concat!("unitward ", env!("CARGO_PKG_VERSION")));
    let mut bytes = Vec::new();
    let rendered = man
        .render_title(&mut bytes)
        .and_then(|()| man.render_name_section(&mut bytes))
        .and_then(|()| man.render_synopsis_section(&mut bytes))
        .and_then(|()| man.render_description_section(&mut bytes))
        .and_then(|()| man.render_options_section(&mut bytes));
    rendered.map_err(|error| Error::new(format!("Cannot write the page {name}: {error}.")))?;
    let mut page = String::from_utf8_lossy(&bytes).into_owned();
    if verb.is_empty() {
        let verbs = Cli::command();
        page.push_str(".SH VERBS\n");
        for verb in verbs.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let about = verb
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            page.push_str(&format!(
                ".TP\n\\fBunitward\\-{}\\fR(1)\n{}\n",
                escaped(verb.get_name()),
                escaped(&about)
            ));
        }
    }
    page.push_str(&roff(own));
    page.push_str(".SH \"EXIT STATUS\"\n");
    page.push_str(&roff(
        EXIT_STATUS.split_once("\n\n").map_or("", |(_, text)| text),
    ));
    page.push_str(&roff(COMMON));
    Ok(page)
}

fn title(name: &str, section: &str, summary: &str) -> String {
    format!(
        ".TH {name} {section} \"\" \"unitward {}\" unitward\n.SH NAME\n{} \\- {summary}\n",
        env!("CARGO_PKG_VERSION"),
        escaped(name)
    )
}

/// Markdown as a manual page writes it: headings become sections, tables become lists of terms.
fn roff(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    let mut is_new = true;
    let mut is_heading_row = true;
    for line in text.lines() {
        if line.starts_with("```") {
            out.push_str(if is_code {
                ".fi\n.RE\n"
            } else {
                ".PP\n.RS 4\n.nf\n"
            });
            is_code = !is_code;
            is_new = true;
        } else if is_code {
            out.push_str(&guarded(&escaped(line)));
        } else if line.trim().is_empty() {
            is_new = true;
            is_heading_row = true;
        } else if line.starts_with("# ") {
            out.push_str(".SH DESCRIPTION\n");
            is_new = false;
        } else if let Some(title) = line.strip_prefix("## ") {
            out.push_str(&format!(".SH \"{}\"\n", escaped(&title.to_uppercase())));
            is_new = false;
        } else if line.starts_with('|') {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            // The first row names the columns, the second one underlines it.
            if let (false, false, [term, rest @ ..]) =
                (is_heading_row, line.starts_with("|--"), cells.as_slice())
            {
                let text = rest.last().copied().unwrap_or_default();
                out.push_str(&format!(
                    ".TP\n{}\n{}",
                    inline(term),
                    guarded(&inline(text))
                ));
            }
            is_heading_row = false;
        } else if let Some(item) = line.strip_prefix("- ") {
            out.push_str(&format!(".IP \\(bu 2\n{}", guarded(&inline(item))));
            is_new = false;
        } else {
            if is_new {
                out.push_str(".PP\n");
            }
            out.push_str(&guarded(&inline(line)));
            is_new = false;
        }
    }
    out
}

/// Text with `code` in bold.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| {
            if at % 2 == 1 {
                format!("\\fB{}\\fR", escaped(part))
            } else {
                escaped(part)
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// A line that is no request, whatever it starts with.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) {
        format!("\\&{line}\n")
    } else {
        format!("{line}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_requests() {
        let text = "## See also\n\nA `--flag`,\n.hidden.\n\n```ini\n.x\n```\n\n| a | b |\n|---|---|\n| `1` | one |\n";
        let expected = ".SH \"SEE ALSO\"\n.PP\nA \\fB\\-\\-flag\\fR,\n\\&.hidden.\n.PP\n.RS 4\n.nf\n\\&.x\n.fi\n.RE\n.TP\n\\fB1\\fR\none\n";
        assert_eq!(roff(text), expected);
    }

    #[test]
    fn every_verb_has_a_page() {
        let cli = Cli::command();
        for verb in cli.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            assert!(
                OWN.iter().any(|(name, _)| *name == verb.get_name()),
                "{}",
                verb.get_name()
            );
        }
    }
}
