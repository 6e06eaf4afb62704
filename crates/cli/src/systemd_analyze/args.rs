//! The command line of systemd-analyze: options anywhere, long ones abbreviated, values behind `=` or in the next word.
//!
//! 252 and 257 read it with getopt_long of the C library, 262 with a parser of its own; the messages differ.

use std::path::{Component, Path, PathBuf};

use unitward_catalog::Version;
use unitward_settings::boolean;

use super::json::Form;
use super::number::number;
use super::options::{Takes, long, short, takes};

/// A call of systemd-analyze.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// The verb and its arguments.
    pub(crate) words: Vec<String>,
    pub(crate) offline: Option<bool>,
    pub(crate) threshold: Option<u64>,
    pub(crate) policy: Option<PathBuf>,
    pub(crate) json: Option<Form>,
    pub(crate) profile: Option<String>,
    pub(crate) root: Option<PathBuf>,
    pub(crate) image: Option<PathBuf>,
    pub(crate) instance: Option<String>,
    pub(crate) user: bool,
    pub(crate) mask: bool,
    pub(crate) no_legend: bool,
    pub(crate) quiet: bool,
    global: bool,
    unit: bool,
    table: bool,
    drm_device: bool,
}

/// How the reading of a command line ends early.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Help is wanted.
    Help,
    /// The version is wanted.
    Version,
    /// A mistake, with the message of systemd-analyze; there is none for some.
    Mistake(String),
}

/// What stands in front of a message about an option, and how it is worded.
#[derive(Clone, Copy)]
struct Dialect<'a> {
    program: &'a str,
    version: Version,
}

impl Call {
    /// Reads the words behind the program's name.
    pub(crate) fn read(program: &str, args: &[String], version: Version) -> Result<Self, Stop> {
        let version = version.reference();
        let dialect = Dialect { program, version };
        let mut call = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                call.words.extend(args.cloned());
                break;
            }
            if let Some(option) = arg.strip_prefix("--") {
                let (name, value) = dialect.long(option, &mut args)?;
                call.set(name, &value, version)?;
            } else if let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) {
                call.short(letters, &mut args, dialect)?;
            } else {
                call.words.push(arg.clone());
            }
        }
        if call.words.first().is_some_and(|verb| verb == "help") {
            return Err(Stop::Help);
        }
        match call.mismatch(version) {
            Some(message) => Err(Stop::Mistake(message)),
            None => Ok(call),
        }
    }

    fn short<'a>(
        &mut self,
        letters: &str,
        args: &mut impl Iterator<Item = &'a String>,
        dialect: Dialect<'_>,
    ) -> Result<(), Stop> {
        for (at, letter) in letters.char_indices() {
            let name =
                short(letter, dialect.version).ok_or_else(|| dialect.unknown_letter(letter))?;
            if takes(name) != Takes::Value {
                self.set(name, "", dialect.version)?;
                continue;
            }
            let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            let value = match rest {
                "" => args
                    .next()
                    .ok_or_else(|| dialect.letter_without_value(letter))?
                    .as_str(),
                rest => rest,
            };
            return self.set(name, value, dialect.version);
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str, version: Version) -> Result<(), Stop> {
        let mistake = |message: String| Err(Stop::Mistake(message));
        match name {
            "help" => return Err(Stop::Help),
            "version" => return Err(Stop::Version),
            "quiet" => self.quiet = true,
            "user" => (self.user, self.global) = (true, false),
            "system" => (self.user, self.global) = (false, false),
            "global" => self.global = true,
            "mask" => self.mask = true,
            "no-legend" => self.no_legend = true,
            "table" => self.table = true,
            "unit" => self.unit = true,
            "drm-device" => self.drm_device = true,
            "offline" => self.offline = Some(truth(name, value, version)?),
            // Without `=` they mean yes; nothing here depends on them.
            "man" | "generators" if !value.is_empty() => {
                truth(name, value, version)?;
            }
            "threshold" => match number(value, 100) {
                Some(number) => self.threshold = Some(number),
                None => return mistake(format!("Failed to parse threshold: {value}")),
            },
            "iterations" if number(value, u64::from(u32::MAX)).is_none() => {
                return mistake(format!("Failed to parse iterations: {value}"));
            }
            "recursive-errors" if !matches!(value, "yes" | "no" | "one") => {
                return mistake(format!(
                    "Unknown mode passed to --recursive-errors='{value}'."
                ));
            }
            "json" => {
                self.json = match value {
                    "short" => Some(Form::Short),
                    "pretty" => Some(Form::Pretty),
                    "off" => None,
                    _ => return mistake(format!("Unknown argument to --json= switch: {value}")),
                }
            }
            "profile" if value.is_empty() => {
                return mistake("Profile file name is empty".to_owned());
            }
            "profile" => self.profile = Some(value.to_owned()),
            "security-policy" => self.policy = path(value),
            "root" => self.root = path(value).filter(|path| !is_root(path)),
            "image" => self.image = path(value),
            "instance" => self.instance = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// What systemd-analyze says when an option does not belong to the verb: the first of them in its order.
    fn mismatch(&self, version: Version) -> Option<String> {
        let verb = self.words.first().map_or("time", String::as_str);
        let is_security = verb == "security";
        let has_json =
            is_security || version >= Version::V257 && matches!(verb, "capability" | "exit-status");
        let said = |text: &str| Some(text.to_owned());
        if self.offline == Some(true) && !is_security {
            return said("Option --offline= is only supported for security right now.");
        }
        let has_no_unit = is_security && self.words.len() < 2;
        if self.offline == Some(true) && has_no_unit && version >= Version::V257 {
            return said(
                "Option --offline= requires one or more units to perform a security review.",
            );
        }
        if self.json.is_some() && !has_json {
            return Some(format!(
                "Option --json= is only supported for {} right now.",
                json_verbs(version)
            ));
        }
        if self.threshold.is_some_and(|threshold| threshold != 100) && !is_security {
            return said("Option --threshold= is only supported for security right now.");
        }
        if self.global {
            return said(match version {
                Version::V252 => {
                    "Option --global only makes sense with verbs dot, unit-paths, verify."
                }
                _ => "Option --global only makes sense with verb unit-paths.",
            });
        }
        if self.policy.is_some() && !is_security {
            return said("Option --security-policy= is only supported for security.");
        }
        let is_offline = is_security && self.offline == Some(true);
        if (self.root.is_some() || self.image.is_some()) && !is_offline {
            return said(match version {
                Version::V252 | Version::V257 => {
                    "Options --root= and --image= are only supported for cat-config, verify, condition and security \
                     when used with --offline= right now."
                }
                _ => {
                    "Options --root= and --image= are only supported for cat-config, verify, condition, unit-gdb, \
                     and security when used with --offline= right now."
                }
            });
        }
        if self.root.is_some() && self.image.is_some() {
            return said(
                "Please specify either --root= or --image=, the combination of both is not supported.",
            );
        }
        if self.unit {
            return said("Option --unit= is only supported for condition");
        }
        if self.no_legend && version == Version::V257 {
            return said(
                "Option --no-legend is only supported for plot with either --table or --json=.",
            );
        }
        if self.table {
            return said("Option --table is only supported for plot right now.");
        }
        if self.mask && verb != "capability" {
            return said("Option --mask is only supported for capability.");
        }
        if self.drm_device {
            return said("Option --drm-device is only supported for chid right now.");
        }
        None
    }
}

/// The verbs with JSON output, as the message about the others lists them.
const fn json_verbs(version: Version) -> &'static str {
    match version.number() {
        252 => "security and inspect-elf",
        257 => "security, inspect-elf, plot, fdstore, pcrs, architectures, capability, exit-status",
        _ => {
            "security, inspect-elf, dlopen-metadata, plot, fdstore, pcrs, nvpcrs, architectures, capability, \
             exit-status, chid, blame, identify-tpm2"
        }
    }
}

fn truth(name: &str, value: &str, version: Version) -> Result<bool, Stop> {
    boolean(value).ok_or_else(|| {
        Stop::Mistake(if version >= Version::V262 {
            format!("Failed to parse boolean argument to '--{name}': {value}")
        } else {
            format!("Failed to parse boolean argument to --{name}: {value}.")
        })
    })
}

/// A path argument: empty means none.
fn path(value: &str) -> Option<PathBuf> {
    (!value.is_empty()).then(|| PathBuf::from(value))
}

fn is_root(path: &Path) -> bool {
    path.components()
        .all(|c| matches!(c, Component::RootDir | Component::CurDir))
        && path.is_absolute()
}

impl Dialect<'_> {
    fn is_own(self) -> bool {
        self.version >= Version::V262
    }

    fn mistake(self, message: &str) -> Stop {
        let program = if self.is_own() {
            self.program.rsplit('/').next().unwrap_or(self.program)
        } else {
            self.program
        };
        Stop::Mistake(format!("{program}: {message}"))
    }

    /// A long option without its dashes: its full name, and its value from behind `=` or from the next word.
    fn long<'a>(
        self,
        option: &str,
        args: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(&'static str, String), Stop> {
        let (word, value) = match option.split_once('=') {
            Some((word, value)) => (word, Some(value.to_owned())),
            None => (option, None),
        };
        let name = self.complete(word, option)?;
        match (takes(name), value) {
            (Takes::Nothing, Some(_)) => {
                Err(self.mistake(&format!("option '--{name}' doesn't allow an argument")))
            }
            (Takes::Value, None) => {
                let next = args.next().cloned();
                let value = next.ok_or_else(|| {
                    self.mistake(&format!("option '--{name}' requires an argument"))
                })?;
                Ok((name, value))
            }
            (_, value) => Ok((name, value.unwrap_or_default())),
        }
    }

    /// The option a word stands for: its name, or the start of a single one.
    fn complete(self, word: &str, option: &str) -> Result<&'static str, Stop> {
        let names = long(self.version);
        if let Some(name) = names.iter().find(|name| **name == word) {
            return Ok(name);
        }
        let shown = if self.is_own() { word } else { option };
        let is_nothing = word.is_empty() && self.is_own();
        let fitting: Vec<&'static str> = names
            .iter()
            .copied()
            .filter(|name| name.starts_with(word) && !is_nothing)
            .collect();
        match fitting.as_slice() {
            [name] => Ok(name),
            [] => Err(self.mistake(&format!("unrecognized option '--{shown}'"))),
            several => {
                let list: Vec<String> = several
                    .iter()
                    .map(|name| {
                        if self.is_own() {
                            format!("--{name}")
                        } else {
                            format!("'--{name}'")
                        }
                    })
                    .collect();
                let list = list.join(if self.is_own() { ", " } else { " " });
                Err(self.mistake(&format!(
                    "option '--{shown}' is ambiguous; possibilities: {list}"
                )))
            }
        }
    }

    fn unknown_letter(self, letter: char) -> Stop {
        self.mistake(&if self.is_own() {
            format!("unrecognized option '-{letter}'")
        } else {
            format!("invalid option -- '{letter}'")
        })
    }

    fn letter_without_value(self, letter: char) -> Stop {
        self.mistake(&if self.is_own() {
            format!("option '-{letter}' requires an argument")
        } else {
            format!("option requires an argument -- '{letter}'")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(version: Version, line: &str) -> Result<Call, Stop> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Call::read("/usr/bin/systemd-analyze", &words, version)
    }

    fn mistake(version: Version, line: &str) -> String {
        match read(version, line) {
            Err(Stop::Mistake(message)) => message,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn options_stand_anywhere_and_may_be_short() {
        let call = read(
            Version::V257,
            "security --js short -qHhost a.service --thres=7 -- --b",
        );
        let call = call.unwrap_or_default();
        assert_eq!(call.words, ["security", "a.service", "--b"]);
        assert_eq!(
            (call.json, call.threshold, call.quiet),
            (Some(Form::Short), Some(7), true)
        );
        assert_eq!(read(Version::V252, "--he --nosuch").err(), Some(Stop::Help));
    }

    #[test]
    fn messages_are_those_of_each_version() {
        for (version, line, message) in [
            (
                Version::V252,
                "--foo=x",
                "/usr/bin/systemd-analyze: unrecognized option '--foo=x'",
            ),
            (
                Version::V262,
                "--foo=x",
                "systemd-analyze: unrecognized option '--foo'",
            ),
            (
                Version::V252,
                "capability -m 3",
                "/usr/bin/systemd-analyze: invalid option -- 'm'",
            ),
            (
                Version::V262,
                "-x",
                "systemd-analyze: unrecognized option '-x'",
            ),
            (
                Version::V257,
                "--m=x",
                "/usr/bin/systemd-analyze: option '--m=x' is ambiguous; possibilities: '--man' '--machine' '--mask'",
            ),
            (
                Version::V262,
                "--m=x",
                "systemd-analyze: option '--m' is ambiguous; possibilities: --machine, --man, --mask",
            ),
            (
                Version::V252,
                "--quiet=1",
                "/usr/bin/systemd-analyze: option '--quiet' doesn't allow an argument",
            ),
            (
                Version::V262,
                "-H",
                "systemd-analyze: option '-H' requires an argument",
            ),
            (
                Version::V257,
                "capability --man=x",
                "Failed to parse boolean argument to --man: x.",
            ),
            (
                Version::V262,
                "capability --man=x",
                "Failed to parse boolean argument to '--man': x",
            ),
        ] {
            assert_eq!(mistake(version, line), message, "{version} {line}");
        }
    }

    #[test]
    fn options_of_other_verbs_are_refused_in_order() {
        let json = "Option --json= is only supported for security and inspect-elf right now.";
        assert_eq!(
            mistake(Version::V252, "capability --threshold=5 --json=short"),
            json
        );
        assert!(read(Version::V257, "capability --json=short").is_ok());
        assert!(
            mistake(Version::V257, "exit-status -m 0").contains("only supported for capability")
        );
        assert!(read(Version::V252, "capability --root=/ --threshold=100").is_ok());
        assert!(read(Version::V262, "filesystems --no-legend").is_ok());
    }
}
