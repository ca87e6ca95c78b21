//! Which device suits a network: the time of a step is predicted for each from what its Plan takes. Imports backend, plan, gpu, json, error.

use super::backend::Kind;
use crate::compile::plan::Work;
use crate::error::{Error, Result};
use crate::gpu;
use crate::json::{Json, ToJson, object};
use crate::list::List;

/// How fast the devices of a machine are.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Whose figures they are: `machine` says it.
    pub machine: String,
    /// Milliseconds for a dispatch, for 10⁹ operations of a product and for 10⁹ bytes of memory: the CPU's three, then the GPU's.
    pub ms: Vec<f64>,
}

/// Those of a usual laptop.
pub const USUAL: [f64; 6] = [0.001, 30.0, 200.0, 0.02, 5.0, 40.0];

/// A session leaves its device for one that is predicted to be so many times as fast.
const WORTH_MOVING: f64 = 1.3;

/// The GPU and the engine's version, which both may make another machine of it.
pub fn machine(gpu: &gpu::Info) -> String {
    format!("{}, tabgrad {}", gpu.name, env!("CARGO_PKG_VERSION"))
}

impl Probe {
    /// Reads what `json` wrote, if it is whole.
    pub fn parse(json: &Json) -> Option<Probe> {
        let machine = json.get("machine")?.as_str()?.to_string();
        let ms = json.get("ms")?.as_list()?.iter().filter_map(Json::as_f64).filter(|ms| ms.is_finite() && *ms > 0.0).list();
        (ms.len() == USUAL.len()).then_some(Probe { machine, ms })
    }
}

impl ToJson for Probe {
    fn json(&self) -> Json {
        object! { machine: self.machine, ms: self.ms }
    }
}

/// Milliseconds for this work.
fn predict(ms: &[f64], work: &Work) -> f64 {
    ms[0] * work.dispatches + ms[1] * work.flops / 1e9 + ms[2] * work.bytes / 1e9
}

/// The device for a training step, and why, in words for people. `gpu`: what there is, or why there is none; `work`: what the step takes there, asked only if it
/// matters; `now`: where the session is.
pub fn choose(
    gpu: std::result::Result<&gpu::Info, &Error>,
    probe: Option<&Probe>,
    work: &mut dyn FnMut(&gpu::Info) -> Result<Work>,
    now: Option<Kind>,
) -> Result<(Kind, String)> {
    let gpu = match gpu {
        Err(error) => return Ok((Kind::Cpu, error.message.clone())),
        Ok(gpu) if gpu.software => {
            return Ok((Kind::Cpu, format!("the only WebGPU adapter here ({}) is software, and the CPU is faster", gpu.name)));
        }
        Ok(gpu) => gpu,
    };
    let work = work(gpu)?;
    let measured = probe.filter(|probe| probe.machine == machine(gpu));
    let ms = measured.map_or(&USUAL[..], |probe| &probe.ms);
    let times = [(Kind::Cpu, predict(&ms[..3], &work)), (Kind::Webgpu, predict(&ms[3..], &work))];
    let cost = |(kind, ms): (Kind, f64)| if now.is_some_and(|now| now != kind) { ms * WORTH_MOVING } else { ms };
    let [best, other] = if cost(times[1]) < cost(times[0]) { [times[1], times[0]] } else { times };
    let place = if measured.is_some() { "here" } else { "on a usual laptop (this machine has not been measured yet)" };
    let why = format!("{}: about {} a step {place}, {} about {}", words(best.0), duration(best.1), words(other.0), duration(other.1));
    Ok((best.0, why))
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Cpu => "the CPU",
        Kind::Webgpu => "WebGPU",
    }
}

/// "20 µs", "3.1 ms", "120 ms".
fn duration(ms: f64) -> String {
    let rounded = |x: f64| x.round() as usize;
    match ms {
        ms if ms < 1.0 => format!("{} µs", rounded(1000.0 * ms).max(1)),
        ms if ms < 10.0 => format!("{}.{} ms", rounded(10.0 * ms) / 10, rounded(10.0 * ms) % 10),
        _ => format!("{} ms", rounded(ms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MLP: Work = Work { dispatches: 8.0, flops: 60e3, bytes: 40e3 };
    const GPT: Work = Work { dispatches: 100.0, flops: 2.6e9, bytes: 150e6 };
    const FAST: [f64; 3] = [0.01, 0.5, 4.0];
    const CORE: [f64; 3] = [0.001, 25.0, 150.0];

    fn gpu(name: &str, software: bool) -> gpu::Info {
        gpu::Info {
            name: name.to_string(),
            vendor: 0,
            driver: String::new(),
            software,
            max_bindings: 8,
            max_buffer_bytes: 1 << 30,
            f16: false,
            subgroups: false,
        }
    }

    fn probe(cpu: [f64; 3], gpu_ms: [f64; 3]) -> Probe {
        Probe { machine: machine(&gpu("A", false)), ms: [cpu, gpu_ms].concat() }
    }

    fn choice(probe: Option<&Probe>, work: Work, now: Option<Kind>) -> (Kind, String) {
        choose(Ok(&gpu("A", false)), probe, &mut |_| Ok(work), now).unwrap()
    }

    /// Proves: on made-up machines, the device that is faster for the network is chosen, measured or not, and a software adapter never is.
    #[test]
    fn machines() {
        let (fast, slow) = (probe(CORE, FAST), probe(CORE, [0.5, 60.0, 300.0]));
        for (machine, work, expected) in [
            (Some(&fast), MLP, Kind::Cpu),
            (Some(&fast), GPT, Kind::Webgpu),
            (Some(&slow), MLP, Kind::Cpu),
            (Some(&slow), GPT, Kind::Cpu),
            (None, MLP, Kind::Cpu),
            (None, GPT, Kind::Webgpu),
        ] {
            assert_eq!(choice(machine, work, None).0, expected, "{machine:?}, {work:?}");
        }
        let mut unasked = |_: &gpu::Info| -> Result<Work> { panic!("nobody needs the work") };
        let (kind, why) = choose(Ok(&gpu("SwiftShader", true)), Some(&fast), &mut unasked, Some(Kind::Webgpu)).unwrap();
        assert!(kind == Kind::Cpu && why.contains("SwiftShader"), "{why}");
        assert_eq!(choose(Err(&Error::device("no GPU adapter found")), None, &mut unasked, None), Ok((Kind::Cpu, "no GPU adapter found".to_string())));
    }

    /// Proves: the reason has the figures of both devices, and says where they come from; a probe of another GPU or engine does not count.
    #[test]
    fn reasons() {
        let measured = probe(CORE, FAST);
        assert_eq!(choice(Some(&measured), MLP, None).1, "the CPU: about 16 µs a step here, WebGPU about 80 µs");
        assert_eq!(choice(Some(&measured), GPT, None).1, "WebGPU: about 2.9 ms a step here, the CPU about 88 ms");
        let unmeasured = choice(None, GPT, None);
        assert!(unmeasured.1.contains("has not been measured"), "{}", unmeasured.1);
        for machine in [machine(&gpu("B", false)), "A, tabgrad 0".to_string()] {
            assert_eq!(choice(Some(&Probe { machine, ..measured.clone() }), GPT, None), unmeasured);
        }
    }

    /// Proves: a session stays where it is unless the other device is clearly faster.
    #[test]
    fn moving() {
        let close = probe([0.001, 5.0, 40.0], [0.001, 4.5, 36.0]);
        assert_eq!(choice(Some(&close), GPT, None).0, Kind::Webgpu);
        assert_eq!(choice(Some(&close), GPT, Some(Kind::Cpu)).0, Kind::Cpu);
        assert_eq!(choice(Some(&probe(CORE, FAST)), GPT, Some(Kind::Cpu)).0, Kind::Webgpu);
    }

    /// Proves: a probe written and read is the same; what is damaged is none.
    #[test]
    fn round_trip() {
        let probe = probe(CORE, FAST);
        assert_eq!(Probe::parse(&probe.json()), Some(probe.clone()));
        for (machine, ms) in
            [("A".json(), [1.0; 5].json()), ("A".json(), [1.0, 1.0, 0.0, 1.0, 1.0, 1.0].json()), (Json::Null, [1.0; 6].json()), ("A".json(), Json::Null)]
        {
            assert_eq!(Probe::parse(&object! { machine: machine, ms: ms }), None);
        }
        assert_eq!(Probe::parse(&Json::Null), None);
    }
}
