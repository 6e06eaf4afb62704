//! Decisions on a call as a graph, and the program that takes them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::bpf::{self, Instruction};

/// A place in a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(u32);

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// This return value.
    Return(u32),
    /// What a test of a word of the call's data leads to.
    Test {
        /// The offset of the word.
        word: u8,
        compare: Compare,
        k: u32,
        yes: Id,
        no: Id,
    },
}

/// A comparison of a word with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compare {
    Equal,
    NotLess,
    AnyBit,
}

/// Decisions that share what they have in common: equal ones are one.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    ids: HashMap<Node, Id, BuildHasherDefault<Mixer>>,
}

/// A quick hash for nodes: they come from settings, of which there are too few to make many collide.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio.
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// What holds from a value on, up to the next piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) then: Id,
    /// How much it is worth to reach it soon.
    pub(crate) weight: u32,
}

impl Graph {
    pub(crate) fn returns(&mut self, value: u32) -> Id {
        self.add(Node::Return(value))
    }

    pub(crate) fn test(&mut self, word: u8, compare: Compare, k: u32, yes: Id, no: Id) -> Id {
        if yes == no {
            return yes;
        }
        self.add(Node::Test {
            word,
            compare,
            k,
            yes,
            no,
        })
    }

    pub(crate) fn node(&self, id: Id) -> Option<Node> {
        self.nodes.get(id.0 as usize).copied()
    }

    pub(crate) fn is_constant(&self, id: Id) -> bool {
        matches!(self.node(id), Some(Node::Return(_)))
    }

    /// The search of a word among pieces, which are in order and start with 0.
    pub(crate) fn search(&mut self, word: u8, pieces: &[Piece]) -> Option<Id> {
        let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match merged.last_mut() {
                Some(last) if last.then == piece.then => last.weight += piece.weight,
                _ => merged.push(*piece),
            }
        }
        self.bisect(word, &merged)
    }

    fn bisect(&mut self, word: u8, pieces: &[Piece]) -> Option<Id> {
        match pieces {
            [] => return None,
            [only] => return Some(only.then),
            // A single value among others.
            [before, value, after]
                if before.then == after.then && after.start == value.start.wrapping_add(1) =>
            {
                return Some(self.test(word, Compare::Equal, value.start, value.then, before.then));
            }
            _ => {}
        }
        let (below, above) = pieces.split_at(middle(pieces));
        let start = above.first()?.start;
        let no = self.bisect(word, below)?;
        let yes = self.bisect(word, above)?;
        Some(self.test(word, Compare::NotLess, start, yes, no))
    }

    fn add(&mut self, node: Node) -> Id {
        let next = Id(self.nodes.len() as u32);
        let id = *self.ids.entry(node).or_insert(next);
        if id == next {
            self.nodes.push(node);
        }
        id
    }
}

/// Where to split at least two pieces so that both parts weigh the same, or nearly.
fn middle(pieces: &[Piece]) -> usize {
    let total: u32 = pieces.iter().map(|piece| piece.weight).sum();
    let mut below = 0_u32;
    let mut best = (u32::MAX, 1);
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            best = best.min((below.abs_diff(total - below), at));
        }
        below += piece.weight;
    }
    best.1
}

/// The instructions of a graph from a node on. There may be too many for a program.
pub(crate) fn instructions(graph: &Graph, root: Id) -> Vec<Instruction> {
    let mut emitter = Emitter {
        graph,
        loads: loads(graph, root),
        places: vec![None; graph.nodes.len()],
        code: Vec::new(),
    };
    emitter.emit(root);
    emitter.code.reverse();
    emitter.code
}

/// For each node whether some way leads to it on which its word is not loaded.
fn loads(graph: &Graph, root: Id) -> Vec<bool> {
    let mut loads = vec![false; graph.nodes.len()];
    let mut seen = loads.clone();
    let mut open = vec![root];
    let mark = |id: Id, loads: &mut Vec<bool>| {
        if let Some(needs) = loads.get_mut(id.0 as usize) {
            *needs = true;
        }
    };
    mark(root, &mut loads);
    while let Some(id) = open.pop() {
        match seen.get_mut(id.0 as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let Some(Node::Test { word, yes, no, .. }) = graph.node(id) else {
            continue;
        };
        for child in [yes, no] {
            if matches!(graph.node(child), Some(Node::Test { word: other, .. }) if other != word) {
                mark(child, &mut loads);
            }
            open.push(child);
        }
    }
    loads
}

/// Writes a program from its end to its start, so that all places to jump to are known. Places count from
/// the end.
struct Emitter<'a> {
    graph: &'a Graph,
    loads: Vec<bool>,
    places: Vec<Option<Place>>,
    code: Vec<Instruction>,
}

#[derive(Clone, Copy)]
struct Place {
    /// Where the word is loaded, or the node itself where that is never needed.
    load: usize,
    test: usize,
}

impl Emitter<'_> {
    /// Writes a node and all that it leads to. Depth is that of the longest chain of tests: some dozens.
    fn emit(&mut self, id: Id) {
        if self.place(id).is_some() {
            return;
        }
        let Some(node) = self.graph.node(id) else {
            return;
        };
        let place = match node {
            Node::Return(value) => {
                let at = self.push(bpf::RETURN, 0, 0, value);
                Place { load: at, test: at }
            }
            Node::Test {
                word,
                compare,
                k,
                yes,
                no,
            } => {
                self.emit(no);
                self.emit(yes);
                let yes = self.near(yes, word);
                let no = self.near(no, word);
                let here = self.code.len();
                let code = match compare {
                    Compare::Equal => bpf::JUMP_EQUAL,
                    Compare::NotLess => bpf::JUMP_NOT_LESS,
                    Compare::AnyBit => bpf::JUMP_SET,
                };
                let skip = |target: usize| (here - target - 1) as u8;
                let test = self.push(code, skip(yes), skip(no), k);
                let load = match self.loads.get(id.0 as usize) {
                    Some(true) => self.push(bpf::LOAD, 0, 0, u32::from(word)),
                    _ => test,
                };
                Place { load, test }
            }
        };
        if let Some(known) = self.places.get_mut(id.0 as usize) {
            *known = Some(place);
        }
    }

    /// A place within reach of a conditional jump, which is written next or after one more jump, where a node
    /// goes on that comes after a test of `word`.
    fn near(&mut self, id: Id, word: u8) -> usize {
        const REACH: usize = u8::MAX as usize;
        let Some(place) = self.place(id) else {
            return self.code.len();
        };
        let node = self.graph.node(id);
        let target = match node {
            Some(Node::Test { word: other, .. }) if other != word => place.load,
            _ => place.test,
        };
        if self.code.len() + 1 - target <= REACH {
            return target;
        }
        if let Some(Node::Return(value)) = node {
            // As short as a jump, and faster; others may use it too.
            let at = self.push(bpf::RETURN, 0, 0, value);
            if let Some(known) = self.places.get_mut(id.0 as usize) {
                *known = Some(Place { load: at, test: at });
            }
            return at;
        }
        let skip = self.code.len() - target - 1;
        self.push(bpf::JUMP, 0, 0, skip as u32)
    }

    fn place(&self, id: Id) -> Option<Place> {
        self.places.get(id.0 as usize).copied().flatten()
    }

    fn push(&mut self, code: u16, jt: u8, jf: u8, k: u32) -> usize {
        self.code.push(Instruction::new(code, jt, jf, k));
        self.code.len() - 1
    }
}
