//! Standard input, output and error (systemd.exec(5), "Logging and Standard Input/Output").

use unitward_settings::{Setting, Stream};

use super::namespaces::c_string;
use super::steps::Steps;
use super::{Action, Context, FileMode, StreamSource};
use crate::{Exit, Failure};

/// The steps for the three streams.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) -> Result<(), Failure> {
    let settings = cx.settings;
    let input = match &settings.standard_input.0 {
        Stream::File(path) => StreamSource::File {
            path: c_string(path),
            mode: FileMode::Read,
        },
        Stream::Word("null") if settings.standard_input.is_set() => StreamSource::Null,
        _ => StreamSource::Inherit,
    };
    add(
        cx,
        steps,
        "StandardInput",
        &settings.standard_input,
        &settings.standard_input.0,
        (0, Exit::STDIN),
        input,
    );
    let output = output(&settings.standard_output.0, 0);
    add(
        cx,
        steps,
        "StandardOutput",
        &settings.standard_output,
        &settings.standard_output.0,
        (1, Exit::STDOUT),
        output,
    );
    let error = self::output(&settings.standard_error.0, 1);
    add(
        cx,
        steps,
        "StandardError",
        &settings.standard_error,
        &settings.standard_error.0,
        (2, Exit::STDERR),
        error,
    );
    Ok(())
}

/// What an output setting means; `inherited` is the stream that it follows with `inherit`.
fn output(stream: &Stream, inherited: u8) -> StreamSource {
    match stream {
        Stream::Word("null") => StreamSource::Null,
        Stream::Word("inherit") => match inherited {
            0 => StreamSource::Inherit,
            stream => StreamSource::Copy(stream),
        },
        Stream::File(path) => StreamSource::File {
            path: c_string(path),
            mode: FileMode::Write,
        },
        Stream::Append(path) => StreamSource::File {
            path: c_string(path),
            mode: FileMode::Append,
        },
        Stream::Truncate(path) => StreamSource::File {
            path: c_string(path),
            mode: FileMode::Truncate,
        },
        _ => StreamSource::Inherit,
    }
}

fn add<T>(
    cx: &Context<'_>,
    steps: &mut Steps,
    directive: &'static str,
    setting: &Setting<T>,
    stream: &Stream,
    (number, exit): (u8, Exit),
    source: StreamSource,
) {
    if let Some(word) = lacks_manager(stream).filter(|_| setting.is_assigned()) {
        cx.partly(
            directive,
            format!("the stream is unitward's own rather than {word}"),
        );
    }
    if source != StreamSource::Inherit {
        steps.ask(directive, setting, exit, Action::Stream { number, source });
    }
    cx.enforced(directive);
}

/// Streams that only a manager can give; here they are unitward's own.
fn lacks_manager(stream: &Stream) -> Option<&'static str> {
    match stream {
        Stream::Word(
            word @ ("journal" | "journal+console" | "kmsg" | "kmsg+console" | "tty" | "tty-force"
            | "tty-fail"),
        ) => Some(word),
        _ => None,
    }
}
