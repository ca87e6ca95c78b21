//! The one table of how kernels are cut into workgroups and threads, and how a kernel's shape picks from it. Imports nothing of the crate.

/// How a contraction is cut: a workgroup makes `rows` x `cols` results, a thread `per_thread` of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Of the result.
    pub rows: usize,
    /// Of the result.
    pub cols: usize,
    /// Slice of the sum held in workgroup memory at a time; 0: no workgroup memory, each thread reads straight from the buffers, and the tile is one thread's.
    pub depth: usize,
    /// Rows and columns of one thread.
    pub per_thread: (usize, usize),
}

/// What suits a kind of device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Threads of every workgroup, a power of two.
    pub threads: usize,
    /// A row is shared by more threads while each has more elements than this to go through ...
    pub lane_elements: usize,
    /// ... and the threads of all rows together are fewer than this ...
    pub busy_threads: usize,
    /// ... or, where this is set, while neighbouring threads would otherwise read far apart.
    pub coalesce: bool,
    /// The threads of a row join their results within subgroups as far as those reach, where the device has them.
    pub subgroups: bool,
    /// Workgroups (threads, for tiles without depth) that run at a time.
    pub parallel: usize,
    /// Tiles to choose from.
    pub tiles: &'static [Tile],
}

const fn tile(rows: usize, cols: usize, depth: usize, per_thread: (usize, usize)) -> Tile {
    Tile { rows, cols, depth, per_thread }
}

impl Tuning {
    /// Real GPUs: reads of neighbouring threads should be neighbours, reuse comes from workgroup memory. Each tile is for 256 threads.
    pub const HARDWARE: Tuning = Tuning {
        threads: 256,
        lane_elements: 4,
        busy_threads: 32768,
        coalesce: true,
        subgroups: true,
        parallel: 64,
        tiles: &[
            tile(128, 128, 8, (8, 8)),
            tile(64, 64, 16, (4, 4)),
            tile(128, 32, 16, (8, 2)),
            tile(32, 128, 16, (2, 8)),
            tile(32, 32, 32, (2, 2)),
            tile(64, 16, 32, (4, 1)),
            tile(16, 64, 32, (1, 4)),
            tile(16, 16, 32, (1, 1)),
        ],
    };

    /// GPUs made of CPU threads (SwiftShader, lavapipe): barriers and workgroup memory cost, registers and caches do the work.
    pub const SOFTWARE: Tuning = Tuning {
        threads: 64,
        lane_elements: 64,
        busy_threads: 64,
        coalesce: false,
        subgroups: false,
        parallel: 64,
        tiles: &[tile(8, 4, 0, (8, 4)), tile(4, 4, 0, (4, 4)), tile(2, 2, 0, (2, 2)), tile(1, 1, 0, (1, 1))],
    };

    /// Threads that share a row of `inner` elements. `neighbours`: whether neighbouring rows are neighbours in memory.
    pub(super) fn lanes(&self, rows: usize, inner: usize, neighbours: bool) -> usize {
        let mut lanes = 1;
        while lanes < self.threads && lanes * self.lane_elements < inner && (rows * lanes < self.busy_threads || (self.coalesce && !neighbours)) {
            lanes *= 2;
        }
        lanes
    }

    /// The tile with the least estimated time for `batch` results of `m` x `n`.
    pub fn tile(&self, batch: usize, m: usize, n: usize) -> Tile {
        let time = |tile: &Tile| {
            let rounds = (batch * m.div_ceil(tile.rows) * n.div_ceil(tile.cols)).div_ceil(self.parallel);
            let (r, c) = tile.per_thread;
            let loads = if tile.depth == 0 { r + c } else { (tile.rows + tile.cols).div_ceil(self.threads) };
            rounds * (r * c + r + c + 4 * loads)
        };
        // Of equals the first, and a table has at least one tile.
        self.tiles.iter().copied().min_by_key(time).unwrap_or(tile(1, 1, 0, (1, 1)))
    }
}
