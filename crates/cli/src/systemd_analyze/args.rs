//! The command line of systemd-analyze, as getopt reads it: options anywhere, long ones abbreviated, values behind `=` or
//! in the next word.

use std::path::PathBuf;

use unitward_catalog::Version;
use unitward_settings::boolean;

use super::json::Form;

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
    pub(crate) help: bool,
    pub(crate) version: bool,
}

/// Whether a long option takes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// Only behind `=`.
    Perhaps,
}

/// Long options. Those that mean nothing for the verbs that unitward has are read and let be.
const LONG: &[(&str, Takes)] = &[
    ("base-time", Takes::Value),
    ("detailed", Takes::Nothing),
    ("from-pattern", Takes::Value),
    ("fuzz", Takes::Value),
    ("generators", Takes::Perhaps),
    ("global", Takes::Nothing),
    ("help", Takes::Nothing),
    ("host", Takes::Value),
    ("image", Takes::Value),
    ("image-policy", Takes::Value),
    ("instance", Takes::Value),
    ("iterations", Takes::Value),
    ("json", Takes::Value),
    ("machine", Takes::Value),
    ("man", Takes::Perhaps),
    ("mask", Takes::Nothing),
    ("no-legend", Takes::Nothing),
    ("no-pager", Takes::Nothing),
    ("offline", Takes::Value),
    ("order", Takes::Nothing),
    ("profile", Takes::Value),
    ("quiet", Takes::Nothing),
    ("recursive-errors", Takes::Value),
    ("require", Takes::Nothing),
    ("root", Takes::Value),
    ("scale-svg", Takes::Value),
    ("security-policy", Takes::Value),
    ("system", Takes::Nothing),
    ("table", Takes::Nothing),
    ("threshold", Takes::Value),
    ("tldr", Takes::Nothing),
    ("to-pattern", Takes::Value),
    ("unit", Takes::Value),
    ("user", Takes::Nothing),
    ("version", Takes::Nothing),
];

impl Call {
    /// Reads the words behind the program's name. An error is the message that systemd-analyze prints.
    pub(crate) fn read(args: &[String], version: Version) -> Result<Self, String> {
        let mut call = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                call.words.extend(args.cloned());
                break;
            }
            if let Some(option) = arg.strip_prefix("--") {
                let (name, value) = match option.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (option, None),
                };
                let (name, takes) = long(name, arg)?;
                let value = match (takes, value) {
                    (Takes::Nothing, Some(_)) => {
                        return Err(format!(
                            "systemd-analyze: option '--{name}' doesn't allow an argument"
                        ));
                    }
                    (Takes::Value, None) => Some(args.next().cloned().ok_or_else(|| {
                        format!("systemd-analyze: option '--{name}' requires an argument")
                    })?),
                    (_, value) => value,
                };
                call.set(name, value.as_deref().unwrap_or_default(), version)?;
            } else if let Some(letters) =
                arg.strip_prefix('-').filter(|letters| !letters.is_empty())
            {
                call.short(letters, &mut args, version)?;
            } else {
                call.words.push(arg.clone());
            }
        }
        Ok(call)
    }

    fn short<'a>(
        &mut self,
        letters: &str,
        args: &mut impl Iterator<Item = &'a String>,
        version: Version,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let name = match letter {
                'h' => "help",
                'q' => "quiet",
                'm' => "mask",
                'H' => "host",
                'M' => "machine",
                'U' => "unit",
                _ => return Err(format!("systemd-analyze: invalid option -- '{letter}'")),
            };
            if matches!(letter, 'H' | 'M' | 'U') {
                let rest = letters.get(at + 1..).unwrap_or_default();
                if rest.is_empty() && args.next().is_none() {
                    return Err(format!(
                        "systemd-analyze: option requires an argument -- '{letter}'"
                    ));
                }
                return self.set(name, rest, version);
            }
            self.set(name, "", version)?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str, version: Version) -> Result<(), String> {
        match name {
            "help" => self.help = true,
            "version" => self.version = true,
            "user" => self.user = true,
            "system" => self.user = false,
            "mask" => self.mask = true,
            "no-legend" => self.no_legend = true,
            "offline" => {
                let quoted = version >= Version::V262;
                self.offline = Some(boolean(value).ok_or_else(|| {
                    if quoted {
                        format!("Failed to parse boolean argument to '--offline': {value}")
                    } else {
                        format!("Failed to parse boolean argument to --offline: {value}.")
                    }
                })?);
            }
            "threshold" => {
                let number = value.parse().ok().filter(|number| *number <= 100);
                self.threshold =
                    Some(number.ok_or_else(|| format!("Failed to parse threshold: {value}"))?);
            }
            "json" => {
                self.json = match value {
                    "short" => Some(Form::Short),
                    "pretty" => Some(Form::Pretty),
                    "off" => None,
                    _ => return Err(format!("Unknown argument to --json= switch: {value}")),
                }
            }
            "security-policy" => self.policy = Some(PathBuf::from(value)),
            "profile" => {
                self.profile = Some(value.to_owned()).filter(|profile| !profile.is_empty())
            }
            "root" => self.root = Some(PathBuf::from(value)),
            "image" => self.image = Some(PathBuf::from(value)),
            "instance" => self.instance = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }
}

/// The option a word stands for: its name, or the start of a single one.
fn long(word: &str, arg: &str) -> Result<(&'static str, Takes), String> {
    if let Some(found) = LONG.iter().find(|(name, _)| *name == word) {
        return Ok(*found);
    }
    let mut candidates = LONG.iter().filter(|(name, _)| name.starts_with(word));
    match (candidates.next(), candidates.next()) {
        (Some(found), None) => Ok(*found),
        (None, _) => Err(format!("systemd-analyze: unrecognized option '--{word}'")),
        (Some(_), Some(_)) => Err(format!("systemd-analyze: option '{arg}' is ambiguous")),
    }
}
