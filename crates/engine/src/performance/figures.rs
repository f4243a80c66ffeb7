//! The same for metrics: what a scraper can count with itself, and the few figures that it cannot.

use super::Meter;
use crate::ports::{Measured, Measurement, Performance, ProcessFigures, Reading, RequestKind};

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floating-point by their format"
)]
fn gauge(value: u64) -> Reading {
    Reading::Gauge(value as f64)
}

impl Measured for Meter {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let shared = &self.0;
        let now = shared.setup.clock.now();
        let (figures, total) = {
            let machine = shared.machine();
            let ingest = &shared.setup.ingest;
            let figures = machine.performance(now, shared.registered(), ingest, &shared.runtime);
            (figures, machine.total())
        };
        for (kind, count) in RequestKind::ALL.iter().zip(total) {
            out.push(Measurement {
                name: "watchfire_requests",
                help: "What panels asked for, by kind.",
                labels: vec![("kind", kind.as_str().to_owned())],
                reading: Reading::Counter(count),
            });
        }
        out.push(Measurement::single(
            "watchfire_runtime_delay_seconds",
            "How late the engine's runtime woke a task whose time had come.",
            shared.runtime.read().reading(),
        ));
        for gateway in &figures.gateways {
            out.push(Measurement {
                name: "watchfire_gateway_turn_seconds",
                help: "How long turns of the event loop took: for so long a panel waits for other panels.",
                labels: vec![("gateway", gateway.gateway.to_string())],
                reading: gateway.load.turns.reading(),
            });
        }
        for process in &figures.processes {
            measure_process(process, out);
        }
        measure_machine(&figures, out);
    }
}

fn measure_process(process: &ProcessFigures, out: &mut Vec<Measurement>) {
    let reading = &process.reading;
    let mut push = |name, help, reading| {
        out.push(Measurement {
            name,
            help,
            labels: vec![
                ("role", process.role.as_str().to_owned()),
                ("index", process.role.index().to_string()),
            ],
            reading,
        });
    };
    push(
        "watchfire_process_cpu_seconds",
        "Processor time of our processes, of the program and of the kernel for it.",
        Reading::Sum(reading.cpu.as_secs_f64()),
    );
    push(
        "watchfire_process_resident_memory_bytes",
        "Memory that a process uses, mapped files included.",
        gauge(reading.resident),
    );
    push(
        "watchfire_process_own_memory_bytes",
        "Memory that is a process's own: heaps and stacks.",
        gauge(reading.own),
    );
    if let Some(open) = reading.open_files {
        let help = "Files that a process has open.";
        push("watchfire_process_open_files", help, gauge(open));
    }
    if let Some(limit) = reading.open_files_limit {
        let help = "Files that a process may open.";
        push("watchfire_process_open_files_limit", help, gauge(limit));
    }
}

fn measure_machine(figures: &Performance, out: &mut Vec<Measurement>) {
    let machine = &figures.machine;
    let mut push = |name, help, reading| out.push(Measurement::single(name, help, reading));
    push(
        "watchfire_paths_connected",
        "Paths of known panels that are connected.",
        gauge(figures.connected),
    );
    push(
        "watchfire_machine_cores",
        "Cores that our processes may use.",
        Reading::Gauge(machine.cores),
    );
    push(
        "watchfire_machine_memory_bytes",
        "Memory of the machine.",
        gauge(machine.memory),
    );
    push(
        "watchfire_machine_memory_available_bytes",
        "Memory that a program could still have.",
        gauge(machine.memory_available),
    );
    let mut lately = |name, help, value: Option<f64>| {
        if let Some(value) = value {
            push(name, help, Reading::Gauge(value));
        }
    };
    lately(
        "watchfire_machine_idle_cores",
        "Cores that nobody used in the last quarter of an hour, and we may.",
        machine.idle.quarter_hour,
    );
    lately(
        "watchfire_processor_reserve_ratio",
        "How many times the load of the last quarter of an hour the machine could carry, this load included, as far as processor time goes.",
        machine.reserve.quarter_hour,
    );
    let per_path = [
        ("connected", figures.memory_per_connected),
        ("registered", figures.memory_per_registered),
    ];
    for (of, octets) in per_path {
        let Some(octets) = octets else { continue };
        out.push(Measurement {
            name: "watchfire_memory_per_path_bytes",
            help: "Own memory of the gateways by connected path, and of the engine by registered path.",
            labels: vec![("path", of.to_owned())],
            reading: gauge(octets),
        });
    }
}
