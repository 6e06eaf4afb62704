//! What a rule looks at.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use unitward_catalog::{Version, directive};
use unitward_elf::{Closure, Root};
use unitward_settings::{Base, Diagnostic, Options, Resolution, Setting, Settings};
use unitward_unit::load::LoadState;
use unitward_unit::{Assignment, HostFacts, Origin, SourceFile, Unit};

use crate::finding::Place;
use crate::policy::Policy;
use crate::questions::accounts::Accounts;
use crate::questions::newer::{self, NewValues};
use crate::questions::programs;
use crate::questions::view::View;
use crate::rule::Family;

/// A unit, its settings, and the system it is installed on, where that is known.
pub struct Subject<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Its settings and what was odd about them.
    pub resolution: &'a Resolution,
    /// The system whose files, users and programs the unit will meet. None for a file from elsewhere, such as one that
    /// is checked on a build machine: rules that ask for files are silent then.
    pub host: Option<&'a Host>,
    /// What the administrator demands of the unit.
    pub policy: Option<&'a Policy>,
    base: Option<&'a Base>,
    last: OnceCell<HashMap<&'static str, (Origin, &'a str)>>,
    new_values: OnceCell<NewValues>,
    main: OnceCell<Option<Box<Settings>>>,
    view: OnceCell<Option<View<'a>>>,
}

/// The system a unit is installed on.
pub struct Host {
    /// Its root directory.
    pub root: Root,
    accounts: OnceLock<Accounts>,
    /// What programs need to start, by their path; none for those that cannot be read.
    closures: Mutex<HashMap<String, Option<Arc<Closure>>>>,
}

/// The most programs that are remembered.
const PROGRAMS_MAX: usize = 4096;

impl Host {
    /// The system below a root directory. What is read of it is kept: make a new value to see later changes.
    #[must_use]
    pub fn new(root: Root) -> Self {
        Self {
            root,
            accounts: OnceLock::new(),
            closures: Mutex::default(),
        }
    }

    /// Its users and groups.
    pub(crate) fn accounts(&self) -> &Accounts {
        self.accounts.get_or_init(|| Accounts::of(&self.root))
    }

    /// All that a program needs to start; none when it cannot be read.
    pub(crate) fn closure(&self, program: &str) -> Option<Arc<Closure>> {
        let known = self.closures.lock().ok();
        if let Some(closure) = known.as_ref().and_then(|known| known.get(program)) {
            return closure.clone();
        }
        // Others go on meanwhile.
        drop(known);
        let closure = programs::closure_of(&self.root, program).map(Arc::new);
        if let Ok(mut known) = self.closures.lock()
            && known.len() < PROGRAMS_MAX
        {
            known.insert(program.to_owned(), closure.clone());
        }
        closure
    }
}

impl<'a> Subject<'a> {
    /// A unit with its settings, on a system or without one.
    #[must_use]
    pub fn new(unit: &'a Unit, resolution: &'a Resolution, host: Option<&'a Host>) -> Self {
        Self {
            unit,
            resolution,
            host,
            policy: None,
            base: None,
            last: OnceCell::new(),
            new_values: OnceCell::new(),
            main: OnceCell::new(),
            view: OnceCell::new(),
        }
    }

    /// The same with what the administrator demands.
    #[must_use]
    pub fn with_policy(self, policy: &'a Policy) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    /// The same with the configuration of the manager that the settings started from.
    #[must_use]
    pub fn with_base(self, base: &'a Base) -> Self {
        Self {
            base: Some(base),
            ..self
        }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.resolution.settings
    }

    /// The file tree as the service sees it. None when its root is another directory or image, of which the host's paths
    /// say nothing, or when a user manager starts it.
    pub(crate) fn view(&self) -> Option<&View<'a>> {
        let host = self.host;
        let view = self.view.get_or_init(|| View::of(self.settings(), host));
        view.as_ref()
    }

    /// Whether a rule that finds nothing has nothing to find; not so where it asks for files, and there is no system to
    /// ask. The rule is a code, a name, or a word for several.
    pub(crate) fn can_tell(&self, rule: &str) -> bool {
        let mut rules = crate::rules().iter();
        let asks = rules.any(|known| known.family == Family::Breakage && known.answers_to(rule));
        self.host.is_some() || !asks
    }

    /// What was odd about the assignments.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.resolution.diagnostics
    }

    /// The section that holds the unit's execution settings, such as `Service`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.unit.name.kind().section().unwrap_or("Service")
    }

    /// The assignments of a directive of the unit's own section, in the order they apply.
    pub(crate) fn lines<'s>(
        &'s self,
        directive: &'s str,
    ) -> impl Iterator<Item = (Origin, Assignment<'s>)> + 's {
        let section = self.section();
        self.unit
            .assignments()
            .filter(move |(_, line)| line.key == directive && line.section == section)
    }

    /// The last assignment of a directive of the unit's own section, unless it is empty.
    pub(crate) fn last(&self, name: &str) -> Option<(Origin, &'a str)> {
        let last = self.last.get_or_init(|| {
            let own = |line: &Assignment<'_>| line.section == self.section();
            let lines = self.unit.assignments().filter(|(_, line)| own(line));
            let known = lines.filter_map(|(origin, line)| {
                let name = directive(line.key)?.name;
                Some((name, (origin, line.value.text())))
            });
            known.collect()
        });
        last.get(name).copied().filter(|(_, text)| !text.is_empty())
    }

    /// The settings of the main file alone; none when there is no other file.
    pub(crate) fn without_drop_ins(&self) -> Option<&Settings> {
        let main = self.main.get_or_init(|| {
            let main = self
                .unit
                .files
                .first()
                .filter(|_| self.unit.files.len() > 1)?;
            let unit = self.unit_of(main.clone());
            Some(Box::new(
                self.resolve_again(&unit, self.settings().version).settings,
            ))
        });
        main.as_deref()
    }

    /// A unit of the same name that is this one file.
    pub(crate) fn unit_of(&self, file: Arc<SourceFile>) -> Unit {
        Unit {
            name: self.unit.name.clone(),
            aliases: Vec::new(),
            state: LoadState::Loaded,
            files: vec![file],
            skipped: Vec::new(),
        }
    }

    /// Resolves another unit as this one was, for another version. What specifiers stand for is not known.
    pub(crate) fn resolve_again(&self, unit: &Unit, version: Version) -> Resolution {
        let options = Options {
            version,
            scope: self.settings().scope,
            facts: &HostFacts::default(),
            user_umask: 0o022,
        };
        match self.base {
            Some(base) => base.resolve(unit, &options),
            None => unitward_settings::resolve(unit, &options),
        }
    }

    /// Values that are not read because they came with a later systemd.
    pub(crate) fn new_values(&self) -> &NewValues {
        self.new_values.get_or_init(|| newer::find(self))
    }
}

/// The place of a setting.
pub(crate) fn place<T>(setting: &Setting<T>) -> Option<Place> {
    setting.origin().map(Place::from)
}
