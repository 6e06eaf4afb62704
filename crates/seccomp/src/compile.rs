//! From rules to one program.

use std::fmt;

use crate::bpf::Program;
use crate::graph::{Compare, Graph, Id, Piece, instructions};
use crate::policy::{Directive, Policy};
use crate::rule::{Calls, Op, Rule, Test, Width};
use crate::{Action, Arch, Syscall};

/// A policy that makes a longer program than the kernel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The number of instructions; [`Program::MAX`] are possible.
    pub instructions: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLong { instructions } = self;
        let most = Program::MAX;
        write!(
            f,
            "the system call filter has {instructions} instructions, the kernel takes {most}"
        )
    }
}

impl std::error::Error for TooLong {}

/// The offset of the number in a call's data.
const NUMBER: u8 = 0;
/// The offset of the architecture.
const ARCH: u8 = 4;
/// The bit that sets numbers of x32 apart from those of x86-64.
const X32_BIT: u32 = 0x4000_0000;

/// Calls that programs make often and whose arguments are tested: for calls that are always allowed the
/// kernel does not even run the program.
const HOT: [&str; 8] = [
    "openat", "mmap", "mprotect", "clone", "socket", "ioctl", "open", "mmap2",
];

impl Policy {
    /// The one program that answers as all filters of systemd together, or `None` where nothing is filtered.
    ///
    /// # Errors
    ///
    /// [`TooLong`], which no policy of a unit comes near.
    pub fn compile(&self) -> Result<Option<Program>, TooLong> {
        compile(&self.rules(), self.native)
    }
}

/// The one program that answers as rules say, for a machine of an architecture, or `None` where there are no rules.
///
/// # Errors
///
/// [`TooLong`], which no policy of a unit comes near.
pub fn compile(rules: &[Rule], native: Arch) -> Result<Option<Program>, TooLong> {
    if rules.is_empty() {
        return Ok(None);
    }
    let mut compiler = Compiler {
        rules,
        hot: HOT
            .into_iter()
            .filter_map(Syscall::by_name)
            .collect::<Vec<_>>(),
        order: Order::of(native),
        graph: Graph::default(),
    };
    let root = compiler.root(native);
    let code = instructions(&compiler.graph, root);
    let instructions = code.len();
    // What is not too long is correct by construction.
    Program::new(code)
        .map(Some)
        .map_err(|_| TooLong { instructions })
}

struct Compiler<'a> {
    rules: &'a [Rule],
    hot: Vec<Syscall>,
    /// The byte order of the architecture in hand.
    order: Order,
    graph: Graph,
}

/// What a directive's rules say of a call.
#[derive(Clone, Debug)]
struct Part<'a> {
    directive: Directive,
    /// Rules with tests, the first that holds decides.
    rules: Vec<&'a Rule>,
    /// What is left.
    otherwise: Action,
}

impl<'a> Compiler<'a> {
    fn root(&mut self, native: Arch) -> Id {
        let elsewhere = self.others(None);
        let mut root = self.decide(&elsewhere, Action::Allow);
        let both = [Arch::X86_64, Arch::X32];
        // The native architecture is the last of them, and so is tested first.
        for arch in native.local() {
            let archs = match both.contains(arch) {
                // They share one value: with the native one of them, the other is done.
                true if *arch != native => continue,
                true => &both[..],
                false => std::slice::from_ref(arch),
            };
            let of_arch = self.numbers(archs);
            root = self
                .graph
                .test(ARCH, Compare::Equal, arch.audit(), of_arch, root);
        }
        root
    }

    /// The search for the number among the calls of architectures that share one value of `arch`.
    fn numbers(&mut self, archs: &[Arch]) -> Id {
        let mut pieces = Vec::new();
        for arch in archs {
            self.pieces(*arch, &mut pieces);
        }
        if archs.len() == 2 {
            // The number -1 is one of x86-64, but filters for x32 take it for one of theirs as well.
            let mut parts = self.others(archs.first().copied());
            parts.extend(self.others(archs.last().copied()));
            parts.retain(|part| part.directive != Directive::SystemCallArchitectures);
            parts.sort_by_key(|part| part.directive);
            let then = self.decide(&parts, Action::Allow);
            pieces.push(Piece {
                start: u32::MAX,
                then,
                weight: 1,
            });
        }
        let allow = self.graph.returns(Action::Allow.raw());
        self.graph.search(NUMBER, &pieces).unwrap_or(allow)
    }

    fn pieces(&mut self, arch: Arch, pieces: &mut Vec<Piece>) {
        self.order = Order::of(arch);
        let others = self.others(Some(arch));
        let unknown = self.decide(&others, Action::Allow);
        let mut next = if arch == Arch::X32 { X32_BIT } else { 0 };
        let mut named: Vec<(u32, &Rule)> = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.arch == Some(arch)) {
            if let Calls::One(number) = rule.calls {
                named.push((number, rule));
            }
        }
        // Stable: the rules of a call stay in order.
        named.sort_by_key(|(number, _)| *number);
        let piece = |start, then, weight| Piece {
            start,
            then,
            weight,
        };
        let mut parts = Vec::new();
        for rules in named.chunk_by(|a, b| a.0 == b.0) {
            let Some(number) = rules.first().map(|(number, _)| *number) else {
                continue;
            };
            if number > next || pieces.is_empty() && number > 0 {
                pieces.push(piece(next, unknown, 1));
            }
            merge(rules, &others, &mut parts);
            let then = self.decide(&parts, Action::Allow);
            pieces.push(piece(number, then, self.weight(arch, number, then)));
            next = number.wrapping_add(1);
        }
        pieces.push(piece(next, unknown, 1));
    }

    fn weight(&self, arch: Arch, number: u32, then: Id) -> u32 {
        if self.graph.is_constant(then) {
            return 1;
        }
        let call = Syscall::by_number(arch, number);
        if call.is_some_and(|call| self.hot.contains(&call)) {
            16
        } else {
            4
        }
    }

    /// What directives say of calls that they do not name.
    fn others(&self, arch: Option<Arch>) -> Vec<Part<'a>> {
        let rules = self.rules.iter();
        rules
            .filter(|rule| rule.arch == arch && rule.calls == Calls::Other)
            .map(|rule| Part {
                directive: rule.directive,
                rules: Vec::new(),
                otherwise: rule.action,
            })
            .collect()
    }

    /// The decision of parts together, after `best` of older ones.
    fn decide(&mut self, parts: &[Part<'_>], best: Action) -> Id {
        let Some((part, rest)) = parts.split_first() else {
            return self.graph.returns(best.raw());
        };
        let otherwise = self.decide(rest, best.then(part.otherwise));
        if part.rules.is_empty() {
            return otherwise;
        }
        // Most rules of a directive ask for the same.
        let mut decided: Vec<(Action, Id)> = Vec::new();
        let mut outcomes: Vec<(&[Test], Id)> = Vec::with_capacity(part.rules.len());
        for rule in &part.rules {
            let known = decided.iter().find(|(action, _)| *action == rule.action);
            let then = match known {
                Some((_, then)) => *then,
                None => {
                    let then = self.decide(rest, best.then(rule.action));
                    decided.push((rule.action, then));
                    then
                }
            };
            outcomes.push((&rule.tests, then));
        }
        self.first_of(&outcomes, otherwise)
    }

    /// The outcome of the first rule whose tests all hold.
    fn first_of(&mut self, rules: &[(&[Test], Id)], otherwise: Id) -> Id {
        let Some(((first, then), rest)) = rules.split_first() else {
            return otherwise;
        };
        let Some((test, more)) = first.split_first() else {
            return *then;
        };
        // A test that all have in common is made once.
        let is_common = |(tests, _): &(&[Test], Id)| tests.first() == Some(test);
        if !more.is_empty() && rest.iter().all(is_common) {
            let inner: Vec<_> = rules
                .iter()
                .map(|(tests, then)| (tests.get(1..).unwrap_or_default(), *then))
                .collect();
            let yes = self.first_of(&inner, otherwise);
            return self.test(*test, yes, otherwise);
        }
        let alone = rules.iter().map(|(tests, then)| match tests {
            [test] => Some((*test, *then)),
            _ => None,
        });
        if let Some(alone) = alone.collect::<Option<Vec<_>>>()
            && let Some(id) = self.by_value(&alone, otherwise)
        {
            return id;
        }
        let no = self.first_of(rest, otherwise);
        self.all_of(first, *then, no)
    }

    fn all_of(&mut self, tests: &[Test], yes: Id, no: Id) -> Id {
        let mut id = yes;
        for test in tests.iter().rev() {
            id = self.test(*test, id, no);
        }
        id
    }

    /// Rules with one test each of the same argument: masks of one bit as one, values by bisection. `None`
    /// where the rules are not of this kind.
    fn by_value(&mut self, rules: &[(Test, Id)], otherwise: Id) -> Option<Id> {
        let (first, then) = rules.first()?;
        let is_mask = |test: &Test| matches!(test.op, Op::Bits(_));
        if rules.iter().any(|(test, _)| test.arg != first.arg) {
            return None;
        }
        let masks = rules.iter().filter(|(test, _)| is_mask(test));
        let values: Vec<_> = rules.iter().filter(|(test, _)| !is_mask(test)).collect();
        // The order of masks and values counts where they lead to different ends.
        let mixed = masks.clone().count() > 0 && rules.iter().any(|(_, other)| other != then);
        if mixed && rules.len() > 1 {
            return None;
        }
        let mut id = otherwise;
        if let Some((test, _)) = values.first() {
            if values.iter().any(|(other, _)| other.width != test.width) {
                return None;
            }
            id = self.values(*test, &values, otherwise);
        }
        let mut bits = 0;
        for (test, then) in masks {
            match test.op {
                Op::Bits(bit) if bit.is_power_of_two() => bits |= bit,
                _ => id = self.test(*test, *then, id),
            }
        }
        Some(match bits {
            0 => id,
            bits => {
                let low = word(first.arg, Half::Low, self.order);
                self.graph.test(low, Compare::AnyBit, bits, *then, id)
            }
        })
    }

    fn values(&mut self, first: Test, rules: &[&(Test, Id)], otherwise: Id) -> Id {
        // Where values change the answer, and values of which half is not zero.
        let mut starts = vec![0];
        for (test, _) in rules {
            match test.op {
                Op::Equal(value) | Op::NotEqual(value) => {
                    starts.extend([Some(value), value.checked_add(1)].into_iter().flatten());
                }
                Op::Less(value) => starts.push(value),
                Op::Greater(value) => starts.extend(value.checked_add(1)),
                Op::Bits(_) => {}
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let answer = |value: u64| {
            let mut args = [0; 6];
            if let Some(arg) = args.get_mut(usize::from(first.arg)) {
                *arg = value;
            }
            let holds = rules.iter().find(|(test, _)| test.holds(&args));
            holds.map_or(otherwise, |(_, then)| *then)
        };
        let beyond = match first.width {
            Width::Low => None,
            // All values that do not fit into 32 bits have the same answer: no constant is as large.
            Width::Full => Some(answer(u64::MAX)),
        };
        let high = word(first.arg, Half::High, self.order);
        let mut pieces = Vec::with_capacity(starts.len());
        for start in starts {
            let mut then = answer(u64::from(start));
            if let Some(beyond) = beyond {
                then = self.graph.test(high, Compare::Equal, 0, then, beyond);
            }
            pieces.push(Piece {
                start,
                then,
                weight: 1,
            });
        }
        let low = word(first.arg, Half::Low, self.order);
        self.graph.search(low, &pieces).unwrap_or(otherwise)
    }

    fn test(&mut self, test: Test, yes: Id, no: Id) -> Id {
        let Op::Bits(bits) = test.op else {
            return self.values(test, &[&(test, yes)], no);
        };
        let low = word(test.arg, Half::Low, self.order);
        let mut id = yes;
        // Bit by bit, as a test of them all would lose the word.
        for bit in (0..u32::BITS).map(|place| 1 << place) {
            if bits & bit != 0 {
                id = self.graph.test(low, Compare::AnyBit, bit, id, no);
            }
        }
        id
    }
}

/// What directives say of one call: its rules, and what they say of others.
fn merge<'a>(rules: &[(u32, &'a Rule)], others: &[Part<'a>], parts: &mut Vec<Part<'a>>) {
    parts.clear();
    let mut others = others.iter().peekable();
    for rules in rules.chunk_by(|a, b| a.1.directive == b.1.directive) {
        let Some((_, first)) = rules.first() else {
            continue;
        };
        let directive = first.directive;
        while let Some(other) = others.next_if(|other| other.directive < directive) {
            parts.push(other.clone());
        }
        let other = others.next_if(|other| other.directive == directive);
        let untested = rules.iter().find(|(_, rule)| rule.tests.is_empty());
        parts.push(match untested {
            Some((_, rule)) => Part {
                directive,
                rules: Vec::new(),
                otherwise: rule.action,
            },
            None => Part {
                directive,
                rules: rules.iter().map(|(_, rule)| *rule).collect(),
                otherwise: other.map_or(Action::Allow, |other| other.otherwise),
            },
        });
    }
    parts.extend(others.cloned());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// `__AUDIT_ARCH_LE` of `linux/audit.h` says it.
    const fn of(arch: Arch) -> Order {
        if arch.audit() & 0x4000_0000 != 0 {
            Order::Little
        } else {
            Order::Big
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Low,
    High,
}

/// The offset of half an argument in a call's data.
fn word(arg: u8, half: Half, order: Order) -> u8 {
    let first = (half == Half::Low) == (order == Order::Little);
    16 + 8 * arg + if first { 0 } else { 4 }
}
