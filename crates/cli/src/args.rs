//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{
    Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    ValueHint,
};
use unitward_catalog::Version;

/// The heading of the options that every verb has.
const OUTPUT: &str = "Output";

/// systemd's service sandboxing for every Linux process: check it, explain it, prove it.
#[derive(Debug, Parser)]
#[command(
    name = "unitward",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// When to use colors.
    #[arg(
        long,
        global = true,
        help_heading = OUTPUT,
        value_name = "WHEN",
        default_value = "auto",
        env = "UNITWARD_COLOR"
    )]
    pub(crate) color: Color,
    /// Do not pipe long output into a pager.
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub(crate) no_pager: bool,
}

impl Cli {
    /// The arguments of this process; ends it after `--help`, or with what is wrong with them.
    pub(crate) fn read() -> Self {
        let mut matches = without_empty_variables(Self::command()).get_matches();
        Self::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit())
    }
}

/// The same without the environment variables that are empty: these count as not set.
fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        match value.is_some_and(|value| value.is_empty()) {
            true => arg.env(Resettable::Reset),
            false => arg,
        }
    });
    command.mut_subcommands(without_empty_variables)
}

/// When to use colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show how exposed units are, and what is wrong with their settings
    Check(Box<Check>),
    /// Run a unit's service, or any command, in exactly the unit's sandbox
    Run(Box<Run>),
    /// Watch a service, write the tightest settings that work, and prove them
    Harden(Box<Harden>),
    /// Run a service and record what it does: calls, paths, sockets, programs
    Observe(Box<Observe>),
    /// Find out which setting broke a service, and the smallest change with which it works
    Diagnose(Box<Diagnose>),
    /// Show the sandbox that a running process is really in, beside what its unit promises
    Inspect(Box<Inspect>),
    /// Show the settings of a unit, as systemctl show prints them
    Show(Show),
    /// Show the files of a unit, as systemctl cat prints them
    Cat(Cat),
    /// Explain a directive, a rule, an exit status, a system call set or a capability
    Explain(Explain),
    /// List capabilities, or decode a mask
    Capability(Capability),
    /// List system call sets, say which sets hold a call, or what a unit's filter answers to it
    SyscallFilter(SyscallFilter),
    /// Do as systemd-analyze does, with its options and its output
    #[command(disable_help_flag = true)]
    SystemdAnalyze(SystemdAnalyze),
    /// Print shell completions
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    #[command(hide = true)]
    ManPages {
        /// The folder
        folder: PathBuf,
    },
}

/// The heading of the options below.
const UNITS: &str = "Units";

/// Where units come from, and whose rules apply.
#[derive(Clone, Debug, Args)]
pub(crate) struct Source {
    /// The systemd whose rules apply: a version, or a distribution release such as debian-12
    /// [default: that of this machine, else the newest known]
    #[arg(long = "systemd", value_name = "VERSION", env = "UNITWARD_SYSTEMD", help_heading = UNITS)]
    pub(crate) version: Option<Version>,
    /// Look at units of the user manager
    #[arg(long, help_heading = UNITS)]
    pub(crate) user: bool,
    /// Take unit files, users and programs from below this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = UNITS)]
    pub(crate) root: Option<PathBuf>,
    /// The instance that a template is looked at as
    #[arg(long, value_name = "NAME", help_heading = UNITS)]
    pub(crate) instance: Option<String>,
    /// The unit name of what is read from standard input
    #[arg(long, value_name = "NAME", help_heading = UNITS)]
    pub(crate) stdin_name: Option<String>,
    /// A further drop-in file, applied last
    #[arg(long = "drop-in", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = UNITS)]
    pub(crate) drop_ins: Vec<PathBuf>,
}

/// What is run: a unit's service, a command, or a command in a unit's sandbox.
#[derive(Clone, Debug, Args)]
pub(crate) struct Subject {
    /// The unit whose sandbox is made: its name or its file
    #[arg(value_name = "UNIT")]
    pub(crate) unit: Option<PathBuf>,
    /// A command to run in place of the unit's own
    #[arg(last = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
    /// A further setting of the service
    #[arg(short = 'p', long = "property", value_name = "SETTING=VALUE")]
    pub(crate) properties: Vec<String>,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// What a service is watched while it is used.
#[derive(Clone, Debug, Args)]
pub(crate) struct Use {
    /// A command of the shell that uses the service once it has started; $MAINPID is its main process
    #[arg(long, value_name = "COMMAND")]
    pub(crate) workload: Option<String>,
    /// Do not reload the service between two uses
    #[arg(long)]
    pub(crate) no_reload: bool,
    /// How long a use may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) workload_limit: u64,
}

/// How far proposed settings go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// What was not exercised is allowed for: groups of calls, whole directories
    Safe,
    /// What was seen, with what goes along with it
    Tight,
    /// What was seen and nothing else
    Paranoid,
}

/// The arguments of `harden`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Harden {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) usage: Use,
    /// How far the settings go
    #[arg(long, value_enum, default_value = "tight")]
    pub(crate) level: LevelArg,
    /// Let the service see nothing but the files that it needs (TemporaryFileSystem=/:ro)
    #[arg(long)]
    pub(crate) jail: bool,
    /// Take these recordings of unitward observe into account, too
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) facts: Vec<PathBuf>,
    /// Write the drop-in to this file in place of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
    /// Refuse nothing: run the service as it is now, note what the settings would refuse, and loosen these
    #[arg(long)]
    pub(crate) probation: bool,
    /// When it is proved, write the drop-in to /etc/systemd/system
    #[arg(long, requires = "unit", conflicts_with = "command")]
    pub(crate) apply: bool,
}

/// The arguments of `observe`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Observe {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) usage: Use,
    /// Write the recording to this file; - for standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Print a summary for people, also where the recording is written to a file
    #[arg(long)]
    pub(crate) summary: bool,
    /// Merge these recordings, and observe nothing unless there is something to run
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) merge: Vec<PathBuf>,
    /// Observe a process that runs already, and what it starts, until it ends or this is interrupted
    #[arg(long, value_name = "PID", conflicts_with_all = ["unit", "command", "cgroup"])]
    pub(crate) pid: Vec<i32>,
    /// Observe all processes of a control group that runs already, by its folder below /sys/fs/cgroup
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["unit", "command"])]
    pub(crate) cgroup: Option<PathBuf>,
    /// How long to observe what runs already, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,
}

/// The arguments of `inspect`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Inspect {
    /// Process numbers, names of units, or names of commands
    #[arg(value_name = "PID|UNIT|COMMAND", required_unless_present_any = ["all", "host"])]
    pub(crate) targets: Vec<String>,
    /// List all processes, a line each
    #[arg(long, conflicts_with_all = ["targets", "host", "unit", "properties", "threads"])]
    pub(crate) all: bool,
    /// Show which features of the sandbox can be enforced here, and why others cannot
    #[arg(long, conflicts_with_all = ["targets", "unit", "properties", "threads"])]
    pub(crate) host: bool,
    /// Compare with this unit, by its name or its file [default: that of the control group]
    #[arg(long, value_name = "UNIT", value_hint = ValueHint::FilePath)]
    pub(crate) unit: Option<PathBuf>,
    /// Compare with a further setting, or with settings alone where there is no unit
    #[arg(short = 'p', long = "property", value_name = "SETTING=VALUE")]
    pub(crate) properties: Vec<String>,
    /// Show all that differs in threads and children
    #[arg(long)]
    pub(crate) threads: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// A command of the shell that uses the service once it has started, and fails when the service does not do its work;
    /// $MAINPID is its main process
    #[arg(long, value_name = "COMMAND")]
    pub(crate) workload: Option<String>,
    /// How long the start, the workload and the stop may take, each of them, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) limit: u64,
    /// How long the service may run when there is no workload [default: 1, of a command 5]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=3600))]
    pub(crate) settle: Option<u64>,
    /// Write the changes with which it works as a drop-in to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) fix: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Print what would be done, step by step, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the plan of --dry-run as JSON
    #[arg(long, requires = "dry_run")]
    pub(crate) json: bool,
    /// Do not start unless every setting can be enforced
    #[arg(long)]
    pub(crate) strict: bool,
    /// Open a shell in place of the unit's own commands: $SHELL, or /bin/sh
    #[arg(long, conflicts_with = "command")]
    pub(crate) shell: bool,
    /// Give the service a terminal of its own, whose other side is this one
    #[arg(long)]
    pub(crate) pty: bool,
    /// Say what happens while the service runs
    #[arg(long)]
    pub(crate) explain: bool,
    /// Let the service go on when unitward is killed
    #[arg(long)]
    pub(crate) no_die_with_parent: bool,
    /// Write the enforcement report as JSON to this file, or to standard output with -
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Unit names, unit files, folders, or - for standard input [default: every service of this system]
    #[arg(value_name = "UNIT|FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) targets: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// The form of the output
    #[arg(
        long,
        short,
        value_enum,
        default_value = "full",
        value_name = "FORMAT",
        env = "UNITWARD_FORMAT"
    )]
    pub(crate) format: Format,
    /// Write into a file instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Fail when a level is above this: 0 to 100, or with a decimal point 0.0 to 10.0
    #[arg(long, value_name = "LEVEL", value_parser = threshold)]
    pub(crate) threshold: Option<u64>,
    /// A policy file of systemd-analyze: weights, ranges and texts
    #[arg(long, value_name = "FILE")]
    pub(crate) security_policy: Option<PathBuf>,
    /// Count as an offline analysis does, or as a running manager does
    #[arg(long, value_enum, default_value = "offline", value_name = "RULES")]
    pub(crate) rules: RulesArg,
    /// Fail when there is a finding of at least this severity
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Only these rules: codes, families such as UWB, or names
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// End with status 0 whatever is found
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Show findings that comments or exceptions switch off, too
    #[arg(long)]
    pub(crate) show_ignored: bool,
    /// Write what is safe to mend as a drop-in
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show the drop-in that --fix would write
    #[arg(long)]
    pub(crate) diff: bool,
    /// The configuration file [default: unitward.toml, found upward]
    #[arg(long, value_name = "FILE", env = "UNITWARD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Whether rules may ask this system for files, users and programs
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) host: HostArg,
    /// How many threads to use [default: one a processor]
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,
}

/// The forms of check's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: the level, what would help, findings with their lines
    Full,
    /// The tables of systemd-analyze security
    Table,
    /// One line a finding
    Concise,
    /// JSON, documented and versioned
    Json,
    /// JSON in the shape of systemd-analyze
    SystemdJson,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// JUnit XML
    Junit,
    /// One self-contained HTML file
    Html,
    /// Prometheus text, for the textfile collector
    Prometheus,
}

/// Whose way of counting is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesArg {
    /// As systemd-analyze security --offline=true
    Offline,
    /// As systemd-analyze security that asks a running manager
    Running,
}

/// The severity from which a finding fails the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Only errors
    Error,
    /// Warnings and errors
    Warning,
    /// Every finding
    Note,
    /// No finding
    Never,
}

/// Whether rules may ask the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostArg {
    /// For units that are installed on it, and with --root
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<FailOn> for unitward_config::FailOn {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Note => Self::Note,
            FailOn::Never => Self::Never,
        }
    }
}

/// A level in tenths: `75`, or `7.5`.
fn threshold(text: &str) -> Result<u64, String> {
    let tenths = match text.split_once('.') {
        None => text.parse().ok(),
        Some((whole, tenth)) if tenth.len() == 1 => whole
            .parse::<u64>()
            .ok()
            .zip(tenth.parse::<u64>().ok())
            .map(|(w, t)| w * 10 + t),
        Some(_) => None,
    };
    tenths
        .filter(|tenths| *tenths <= 100)
        .ok_or_else(|| "expected a number from 0 to 100, or from 0.0 to 10.0".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Unit names or unit files
    #[arg(value_name = "UNIT|FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) units: Vec<PathBuf>,
    /// Only these properties
    #[arg(long = "property", short, value_name = "NAME", value_delimiter = ',')]
    pub(crate) properties: Vec<String>,
    /// Only the values, without the names
    #[arg(long)]
    pub(crate) value: bool,
    /// Only what differs from the default
    #[arg(long)]
    pub(crate) set: bool,
    /// Where each value comes from
    #[arg(long)]
    pub(crate) origin: bool,
    /// JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Args)]
pub(crate) struct Cat {
    /// Unit names or unit files
    #[arg(value_name = "UNIT|FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) units: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A directive, a rule such as UWB001, an exit status such as 226, a signal such as SIGSYS, a set such as
    /// @system-service, a system call, or a capability [default: what there is]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The systemd whose rules apply
    #[arg(long = "systemd", value_name = "VERSION", env = "UNITWARD_SYSTEMD")]
    pub(crate) version: Option<Version>,
}

#[derive(Debug, Args)]
pub(crate) struct Capability {
    /// Names, numbers, or masks such as 0x3fffdfecff
    #[arg(value_name = "NAME|NUMBER|MASK")]
    pub(crate) words: Vec<String>,
    /// Take numbers as masks, as capsh --decode does
    #[arg(long, short)]
    pub(crate) mask: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SyscallFilter {
    /// Sets such as @system-service, or system calls; with --test a call and its arguments
    #[arg(value_name = "SET|CALL", allow_negative_numbers = true)]
    pub(crate) names: Vec<String>,
    /// Say what the filter of this unit answers to a call, and which directive decides: --test UNIT CALL [ARGUMENT...],
    /// arguments as numbers or constants such as AF_INET; ends with 1 when the call is not made
    #[arg(long, value_name = "UNIT", value_hint = ValueHint::FilePath)]
    pub(crate) test: Option<PathBuf>,
    /// The architecture of the call [default: that of this machine]
    #[arg(long, value_name = "ARCH", requires = "test")]
    pub(crate) arch: Option<String>,
    /// JSON
    #[arg(long, requires = "test")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Args)]
pub(crate) struct SystemdAnalyze {
    /// What systemd-analyze is called with
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}
