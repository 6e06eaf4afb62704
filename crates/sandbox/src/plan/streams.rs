//! Standard input, output and error (systemd.exec(5), "Logging and Standard Input/Output").

use unitward_settings::{Setting, Stream};

use super::namespaces::c_string;
use super::steps::Steps;
use super::{Action, Context, FileMode, Given, Phase, StreamSource, Takeover, Terminal};
use crate::Exit;
use crate::service::StreamChoice;
use crate::service::journal;

/// What standard input is, as far as the other streams look at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// /dev/null, or data: nothing to write to.
    Nothing,
    /// unitward's own.
    Own,
    /// A terminal.
    Terminal,
    /// Anything else.
    Other,
}

/// The steps for the three streams.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) {
    if cx.unit.options.terminal && cx.phase == Phase::Start {
        for (number, exit) in [(0, Exit::STDIN), (1, Exit::STDOUT), (2, Exit::STDERR)] {
            let source = StreamSource::Given(Given::PseudoTerminal);
            steps.always(exit, Action::Stream { number, source });
        }
        steps.always(Exit::STDIN, Action::ControlTerminal);
        for directive in ["StandardInput", "StandardOutput", "StandardError"] {
            cx.enforced(directive);
        }
    } else {
        let input = input(cx, steps);
        outputs(cx, steps, input);
    }
    for directive in [
        "StandardInputData",
        "TTYPath",
        "TTYReset",
        "TTYVHangup",
        "TTYRows",
        "TTYColumns",
        "SyslogIdentifier",
        "SyslogFacility",
        "SyslogLevel",
        "SyslogLevelPrefix",
    ] {
        cx.enforced(directive);
    }
    if cx.settings.tty_vt_disallocate.0 {
        let reason = "virtual terminals are deallocated by a manager only";
        cx.not_possible("TTYVTDisallocate", reason);
    }
}

fn input(cx: &Context<'_>, steps: &mut Steps) -> Input {
    let settings = cx.settings;
    let setting = &settings.standard_input;
    let directive = "StandardInput";
    cx.enforced(directive);
    if cx.unit.options.input == StreamChoice::Own {
        return Input::Own;
    }
    let has_socket = !cx.unit.options.sockets.is_empty();
    let is_main = cx.phase == Phase::Start;
    let (source, input) = match &setting.0 {
        // Commands besides the service itself never get the terminal.
        Stream::Word(word @ ("tty" | "tty-force" | "tty-fail")) if is_main => {
            let action = Action::Terminal(terminal(cx, 0, word));
            steps.ask(directive, setting, Exit::STDIN, action);
            if *word == "tty" {
                cx.partly(
                    directive,
                    "unitward does not wait for a terminal that another session has: it is an error",
                );
            }
            return Input::Terminal;
        }
        Stream::Word("socket") if has_socket => (StreamSource::Given(Given::Socket), Input::Other),
        Stream::Word("data") if !settings.standard_input_data.0.is_empty() => {
            (StreamSource::Given(Given::Data), Input::Nothing)
        }
        Stream::Descriptor(name) => {
            let name = name.as_deref().unwrap_or("stdin").to_owned();
            (StreamSource::Given(Given::Named(name)), Input::Other)
        }
        Stream::File(path) => {
            let shared = [&settings.standard_output.0, &settings.standard_error.0];
            let writes = shared
                .iter()
                .any(|stream| matches!(stream, Stream::File(other) if other == path));
            let mode = if writes {
                FileMode::ReadWrite
            } else {
                FileMode::Read
            };
            let path = c_string(path);
            let umask = settings.umask.0;
            (StreamSource::File { path, mode, umask }, Input::Other)
        }
        _ => (StreamSource::Null, Input::Nothing),
    };
    let action = Action::Stream { number: 0, source };
    steps.ask(directive, setting, Exit::STDIN, action);
    input
}

fn outputs(cx: &Context<'_>, steps: &mut Steps, input: Input) {
    let settings = cx.settings;
    let output = &settings.standard_output;
    let error = &settings.standard_error;
    let first = if cx.unit.options.output == StreamChoice::Own {
        StreamSource::Inherit
    } else {
        source(cx, 1, output, &output.0, input)
    };
    let own = first == StreamSource::Inherit;
    add(
        cx,
        steps,
        ("StandardOutput", 1, Exit::STDOUT),
        output,
        first,
    );
    let as_output = cx.unit.options.output != StreamChoice::Own
        && (error.0 == Stream::Word("inherit") || error.0 == output.0);
    let second = if cx.unit.options.error == StreamChoice::Own {
        StreamSource::Inherit
    } else if as_output && own {
        // Each goes where unitward's own goes.
        StreamSource::Inherit
    } else if as_output {
        StreamSource::Copy(1)
    } else {
        source(cx, 2, error, &error.0, input)
    };
    add(cx, steps, ("StandardError", 2, Exit::STDERR), error, second);
}

fn add<T>(
    cx: &Context<'_>,
    steps: &mut Steps,
    (directive, number, exit): (&'static str, u8, Exit),
    setting: &Setting<T>,
    source: StreamSource,
) {
    let source = match (&cx.unit.options.log, source) {
        (Some(log), StreamSource::Inherit) => StreamSource::File {
            path: c_string(log),
            mode: FileMode::Append,
            umask: 0o077,
        },
        (_, source) => source,
    };
    if source != StreamSource::Inherit {
        steps.ask(directive, setting, exit, Action::Stream { number, source });
    }
    cx.enforced(directive);
}

/// What an output setting means.
fn source<T>(
    cx: &Context<'_>,
    number: u8,
    setting: &Setting<T>,
    stream: &Stream,
    input: Input,
) -> StreamSource {
    let directive = if number == 1 {
        "StandardOutput"
    } else {
        "StandardError"
    };
    let file = |path: &str, mode| StreamSource::File {
        path: c_string(path),
        mode,
        umask: cx.settings.umask.0,
    };
    let inherited = match input {
        Input::Nothing | Input::Own => StreamSource::Inherit,
        Input::Terminal | Input::Other => StreamSource::Copy(0),
    };
    match stream {
        Stream::Word("null") => StreamSource::Null,
        Stream::Word("inherit") => inherited,
        Stream::Word("tty") if input == Input::Terminal => StreamSource::Copy(0),
        Stream::Word("tty") => file(tty_path(cx), FileMode::Write),
        Stream::Word("socket") if !cx.unit.options.sockets.is_empty() => {
            StreamSource::Given(Given::Socket)
        }
        Stream::Word("socket") => inherited,
        Stream::Word(word @ ("journal" | "journal+console" | "kmsg" | "kmsg+console")) => {
            if !setting.is_assigned() {
                return StreamSource::Inherit;
            }
            if word.ends_with("+console") {
                cx.partly(directive, "the console gets no copy");
            }
            if word.starts_with("kmsg") {
                return file("/dev/kmsg", FileMode::Write);
            }
            if journal::is_there() {
                return StreamSource::Given(Given::Journal);
            }
            cx.partly(
                directive,
                "there is no journal here, so that output goes where unitward's own goes",
            );
            StreamSource::Inherit
        }
        Stream::Descriptor(name) => {
            let own = if number == 1 { "stdout" } else { "stderr" };
            let name = name.as_deref().unwrap_or(own).to_owned();
            StreamSource::Given(Given::Named(name))
        }
        Stream::File(_) if cx.settings.standard_input.0 == *stream => StreamSource::Copy(0),
        Stream::File(path) => file(path, FileMode::Write),
        Stream::Append(path) => file(path, FileMode::Append),
        Stream::Truncate(path) => file(path, FileMode::Truncate),
        Stream::Word(_) => StreamSource::Inherit,
    }
}

fn terminal(cx: &Context<'_>, number: u8, word: &str) -> Terminal {
    let settings = cx.settings;
    Terminal {
        number,
        path: c_string(tty_path(cx)),
        controls: true,
        takeover: if word == "tty-force" {
            Takeover::Force
        } else {
            Takeover::Fail
        },
        reset: settings.tty_reset.0,
        hang_up: settings.tty_vhangup.0,
        size: (
            settings
                .tty_rows
                .0
                .and_then(|rows| u16::try_from(rows).ok()),
            settings
                .tty_columns
                .0
                .and_then(|columns| u16::try_from(columns).ok()),
        ),
    }
}

fn tty_path<'a>(cx: &Context<'a>) -> &'a str {
    cx.settings.tty_path.0.as_deref().unwrap_or("/dev/console")
}
