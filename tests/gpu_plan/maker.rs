//! Plans made by hand, with the values of their buffers: a few lines for a kernel.

use super::interpreter::Memory;
use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::DType;
use tabgrad::op::Reduce;

pub struct Maker {
    pub plan: Plan,
    pub memory: Memory,
    seed: u32,
}

impl Maker {
    pub fn new() -> Maker {
        Maker { plan: Plan::default(), memory: Vec::new(), seed: 1 }
    }

    pub fn random(&mut self) -> u32 {
        self.seed = tabgrad::math::threefry(self.seed, 5);
        self.seed
    }

    pub fn leaf(&mut self, dtype: DType, words: Vec<u32>) -> usize {
        let name = format!("leaf{}", self.plan.buffers.len());
        self.buffer(BufferKind::Leaf(name), dtype, words)
    }

    pub fn buffer(&mut self, kind: BufferKind, dtype: DType, words: Vec<u32>) -> usize {
        self.plan.buffers.push(Buffer { kind, dtype, len: words.len() });
        self.memory.push(words);
        self.memory.len() - 1
    }

    /// A leaf of floats in -2..2.
    pub fn floats(&mut self, len: usize) -> usize {
        let words = (0..len).map(|_| (self.random() as f32 / u32::MAX as f32 * 4.0 - 2.0).to_bits()).collect();
        self.leaf(DType::F32, words)
    }

    pub fn output(&mut self, dtype: DType, len: usize) -> usize {
        let name = format!("output{}", self.plan.buffers.len());
        self.buffer(BufferKind::Output(name), dtype, vec![0; len])
    }

    pub fn dispatch(&mut self, kernels: impl IntoIterator<Item = Kernel>) {
        self.plan.dispatches.push(Dispatch { kernels: kernels.into_iter().collect() });
    }

    /// A kernel on these buffers; those stored to are bound for writing.
    pub fn kernel(&self, dims: &[usize], buffers: &[usize], code: Vec<Instr>, stores: Vec<Store>, body: Body) -> Kernel {
        let access = |slot| if stores.iter().any(|s| s.slot == slot) { Access::Write } else { Access::Read };
        let binding = |(slot, b): (usize, &usize)| Binding { buffer: *b, dtype: self.plan.buffers[*b].dtype, access: access(slot) };
        Kernel { name: "test".to_string(), dims: dims.to_vec(), bindings: buffers.iter().enumerate().map(binding).collect(), code, stores, body }
    }

    pub fn map(&self, dims: &[usize], buffers: &[usize], code: Vec<Instr>, stores: Vec<Store>) -> Kernel {
        self.kernel(dims, buffers, code, stores, Body::Row { outer: dims.len(), phases: vec![] })
    }

    pub fn row(&self, dims: &[usize], outer: usize, buffers: &[usize], code: Vec<Instr>, phases: Vec<Phase>, stores: Vec<Store>) -> Kernel {
        self.kernel(dims, buffers, code, stores, Body::Row { outer, phases })
    }
}

pub fn instr(op: Op, dtype: DType) -> Instr {
    Instr { op, dtype }
}

pub fn float(op: Op) -> Instr {
    instr(op, DType::F32)
}

pub fn load(slot: usize, index: Index) -> Load {
    Load { slot, index, guards: vec![], dynamic: None }
}

pub fn get(slot: usize, index: Index) -> Op {
    Op::Load(load(slot, index))
}

pub fn store(slot: usize, index: Index, value: Val) -> Store {
    Store { slot, index, value, per_row: false, dynamic: None }
}

pub fn store_row(slot: usize, index: Index, value: Val) -> Store {
    Store { per_row: true, ..store(slot, index, value) }
}

pub fn phase(reduce: Reduce, value: Val) -> Phase {
    Phase { reduce, value, dtype: DType::F32 }
}

/// Loop counters times these.
pub fn strided(strides: &[i64]) -> Index {
    strides.iter().enumerate().fold(Index::default(), |sum, (n, s)| sum.add(&Index::dim(n).times(*s)))
}

/// Row-major over these dims.
pub fn rowmajor(dims: &[usize]) -> Index {
    let strides: Vec<i64> = (0..dims.len()).map(|n| dims[n + 1..].iter().product::<usize>() as i64).collect();
    strided(&strides)
}
