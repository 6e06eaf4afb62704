//! `unitward syscall-filter --test`: what a unit's filter answers to one call, and which directive decides.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use unitward_catalog::{Version, suggest};
use unitward_seccomp::{
    Action, Answer, Arch, Call, Calls, Decision, Directive, MemoryDenyWriteExecute, Op, Rule,
    Syscall, Test,
};
use unitward_settings::{FilterHost, Settings, Source};

use super::constants;
use crate::args::SyscallFilter;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Paint};
use crate::units::{Units, load_problem};
use crate::version;

/// The version of the JSON form: it changes when a field changes its meaning or goes away.
const FORM: u32 = 1;

/// Calls that `MemoryDenyWriteExecute=` is about.
const MEMORY: [&str; 5] = ["mmap", "mmap2", "mprotect", "pkey_mprotect", "shmat"];

/// A question with its answer.
struct Tested {
    settings: Settings,
    arch: Arch,
    name: String,
    call: Call,
    /// How many arguments were given.
    given: usize,
    decision: Decision,
    /// What the filter does not say.
    note: Option<&'static str>,
}

/// Answers for one call. Ends with 1 when the call is not made.
pub(super) fn run(args: &SyscallFilter, unit: &Path) -> Result<Exit, Error> {
    let version = version::of_source(&args.source);
    let tested = test(args, unit, version)?;
    let text = if args.json {
        tested.json(version)
    } else {
        tested.text(Paint::of_stdout())
    };
    ui::print(&text)?;
    Ok(if tested.decision.action.permits() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn test(args: &SyscallFilter, unit: &Path, version: Version) -> Result<Tested, Error> {
    let arch = arch(args.arch.as_deref())?;
    let Some((name, words)) = args.names.split_first() else {
        return Err(Error::new("--test needs a system call, by name or number."));
    };
    let number = number(name, arch)?;
    let mut values = [0; 6];
    if words.len() > values.len() {
        return Err(Error::new("A system call has at most 6 arguments."));
    }
    for (value, word) in values.iter_mut().zip(words) {
        *value = constants::value(word).ok_or_else(|| {
            Error::new(format!("{} is no argument.", ui::printable(word)))
                .hint("Give a number, or constants such as AF_INET or PROT_WRITE|PROT_EXEC.")
        })?;
    }
    let settings = settings(args, unit, version)?;
    let policy = settings.system_call_policy(FilterHost::new(Arch::NATIVE));
    let call = Call::new(arch, number, values);
    let decision = policy.decider().decide(&call);
    let by_prctl = policy.memory_deny_write_execute == MemoryDenyWriteExecute::Prctl
        && MEMORY.contains(&name.as_str());
    Ok(Tested {
        settings,
        arch,
        name: name.clone(),
        call,
        given: words.len(),
        decision,
        note: by_prctl.then_some(
            "MemoryDenyWriteExecute= is not part of the filter: the kernel itself refuses (PR_SET_MDWE, Linux 6.3).",
        ),
    })
}

fn arch(name: Option<&str>) -> Result<Arch, Error> {
    let Some(name) = name else {
        return Ok(Arch::NATIVE);
    };
    if name == "native" {
        return Ok(Arch::NATIVE);
    }
    Arch::by_name(name).ok_or_else(|| {
        let error = Error::new(format!("{} is no architecture.", ui::printable(name)));
        match suggest(name, Arch::ALL.into_iter().map(Arch::name)) {
            Some(near) => error.hint(format!("Did you mean {near}?")),
            None => error.hint("Names are those of SystemCallArchitectures=, such as x86-64."),
        }
    })
}

/// A call by its name or its number.
fn number(name: &str, arch: Arch) -> Result<u32, Error> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let Some(call) = Syscall::by_name(name) else {
        let error = Error::new(format!("{} is no system call.", ui::printable(name)));
        return Err(match suggest(name, Syscall::all().map(Syscall::name)) {
            Some(near) => error.hint(format!("Did you mean {near}?")),
            None => error,
        });
    };
    call.number(arch).ok_or_else(|| {
        let elsewhere = Arch::NATIVE.local().iter();
        let has = elsewhere.copied().find(|arch| call.number(*arch).is_some());
        let error = Error::new(format!("{name} is no call of its own on {arch}."));
        match (call.multiplexer(arch), has) {
            (Some((by, subcall)), _) => error.hint(format!("There it is {by} {subcall}.")),
            (None, Some(arch)) => error.hint(format!("--arch={arch} has it.")),
            (None, None) => error,
        }
    })
}

fn settings(args: &SyscallFilter, unit: &Path, version: Version) -> Result<Settings, Error> {
    let units = Units::new(&args.source, version)?;
    let mut targets = units.targets(unit)?;
    let target = targets.pop().filter(|_| targets.is_empty());
    let target =
        target.ok_or_else(|| Error::new(format!("{} is not one unit.", unit.display())))?;
    let unit = units.load(&target)?;
    if let Some(problem) = load_problem(&unit) {
        return Err(Error::new(format!("{problem}.")));
    }
    let resolution = units.resolve(&target, &unit);
    match &resolution.refusal {
        Some(refusal) => Err(Error::new(format!(
            "systemd refuses {}: {refusal}",
            unit.name
        ))),
        None => Ok(resolution.settings),
    }
}

impl Tested {
    fn text(&self, paint: Paint) -> String {
        let args: Vec<String> = self.args().map(|arg| format!("{arg:#x}")).collect();
        let question = format!("{}({}) on {}", self.name, args.join(", "), self.arch);
        let mut text = format!(
            "{}: {}\n",
            paint.bold(&question),
            words(self.decision.action)
        );
        let deciding = self.decision.by();
        for answer in &self.decision.answers {
            let role =
                if Some(answer.directive) == deciding && answer.action == self.decision.action {
                    "decides: "
                } else {
                    "also:    "
                };
            let _ = write!(
                text,
                "    {role}{}= answers {} to {}",
                answer.directive,
                words(answer.action),
                self.rule(&answer.rule)
            );
            if let Some(place) = self.place(answer) {
                let _ = write!(
                    text,
                    "  {}",
                    paint.dim(&format!("# {}", ui::printable(&place)))
                );
            }
            text.push('\n');
        }
        if self.decision.answers.is_empty() {
            text.push_str("    No directive filters it.\n");
        }
        if let Some(note) = self.note {
            let _ = writeln!(text, "    {note}");
        }
        text
    }

    fn args(&self) -> impl Iterator<Item = u64> {
        self.call.args.into_iter().take(self.given)
    }

    /// What a rule is about, in words.
    fn rule(&self, rule: &Rule) -> String {
        let number = match rule.calls {
            Calls::One(number) => number,
            Calls::Other if rule.directive == Directive::SystemCallArchitectures => {
                return format!("calls of {}", self.arch);
            }
            Calls::Other => return "calls that it does not name".to_owned(),
        };
        let name = rule.arch.and_then(|arch| Syscall::by_number(arch, number));
        let name = name.map_or_else(|| number.to_string(), |call| call.name().to_owned());
        let tests: Vec<String> = rule.tests.iter().map(test_words).collect();
        if tests.is_empty() {
            return name;
        }
        format!("{name} where {}", tests.join(" and "))
    }

    /// Where the directive stands.
    fn place(&self, answer: &Answer) -> Option<String> {
        let (implied_by, place) = self.origin(answer);
        let place = place.map(|(file, line)| format!("{file}:{line}"));
        match (implied_by, place) {
            (Some(by), Some(place)) => Some(format!("implied by {by}=, {place}")),
            (Some(by), None) => Some(format!("implied by {by}=")),
            (None, place) => place,
        }
    }

    fn origin(&self, answer: &Answer) -> (Option<&'static str>, Option<(String, u32)>) {
        let name = answer.directive.name();
        let property = self
            .settings
            .properties()
            .find(|property| property.directive == name);
        let source = property.map(|property| property.source).unwrap_or_default();
        let implied_by = match source {
            Source::Implied { by, .. } => Some(by),
            _ => None,
        };
        let place = source.origin().and_then(|origin| {
            let file = self
                .settings
                .files
                .get(usize::try_from(origin.file).ok()?)?;
            Some((file.path.display().to_string(), origin.line))
        });
        (implied_by, place)
    }

    fn json(&self, version: Version) -> String {
        let answers = self.decision.answers.iter().map(|answer| {
            let (implied_by, place) = self.origin(answer);
            let (file, line) = place.unzip();
            Given {
                directive: answer.directive.name(),
                action: answer.action.to_string(),
                rule: self.rule(&answer.rule),
                implied_by,
                file,
                line,
            }
        });
        let document = Document {
            form: FORM,
            systemd: version.number(),
            unit: self.settings.unit.as_str(),
            arch: self.arch.name(),
            call: &self.name,
            number: self.call.number,
            args: self.args().collect(),
            action: self.decision.action.to_string(),
            permitted: self.decision.action.permits(),
            decided_by: self.decision.by().map(|directive| directive.name()),
            answers: answers.collect(),
            note: self.note,
        };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What a call gets, as a reader says it.
fn words(action: Action) -> String {
    match action {
        Action::Errno(0) => "success without being made".to_owned(),
        other => other.to_string(),
    }
}

fn test_words(test: &Test) -> String {
    let arg = test.arg;
    match test.op {
        Op::Equal(value) => format!("argument {arg} is {value:#x}"),
        Op::NotEqual(value) => format!("argument {arg} is not {value:#x}"),
        Op::Less(value) => format!("argument {arg} is below {value:#x}"),
        Op::Greater(value) => format!("argument {arg} is above {value:#x}"),
        Op::Bits(bits) => format!("argument {arg} has {bits:#x}"),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    form: u32,
    systemd: u16,
    unit: &'a str,
    arch: &'static str,
    call: &'a str,
    number: u32,
    args: Vec<u64>,
    /// `allow`, `log`, `kill process`, `kill thread`, or the name of an error.
    action: String,
    /// Whether the call is made.
    permitted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'static str>,
    answers: Vec<Given>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct Given {
    directive: &'static str,
    action: String,
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    implied_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}
