import WaybillCore

/// The counts as Prometheus reads them. Labels are bounded: deployments of the table, replicas in flight, fixed words.
struct MetricsPage {
    let counts: GatewayReading
    let names: [Int: String]
    let status: GatewayStatus
    let connections: Int

    var text: String {
        var lines: [String] = []
        lines += requests + durations + failures
        lines += gauges
        return lines.joined(separator: "\n") + "\n"
    }

    private var deployments: [(labels: String, reading: DeploymentReading)] {
        counts.bySlot.enumerated().compactMap { slot, reading in
            reading.map { (Self.labels(names[slot]), $0) }
        }
    }

    private static func labels(_ name: String?) -> String {
        guard let parts = name?.split(separator: "/"), parts.count == 2 else {
            return "environment=\"other\",deployment=\"other\""
        }
        return "environment=\"\(parts[0])\",deployment=\"\(parts[1])\""
    }

    private var requests: [String] {
        var lines = [
            "# HELP waybill_gateway_requests_total Answers by deployment and class of status.",
            "# TYPE waybill_gateway_requests_total counter",
        ]
        for (labels, reading) in deployments {
            for (index, count) in reading.codes.enumerated() where count > 0 {
                lines.append("waybill_gateway_requests_total{\(labels),code=\"\(index + 1)xx\"} \(count)")
            }
            if reading.cancelled > 0 {
                lines.append("waybill_gateway_requests_total{\(labels),code=\"cancelled\"} \(reading.cancelled)")
            }
        }
        return lines
    }

    private var durations: [String] {
        let name = "waybill_gateway_request_duration_seconds"
        var lines = [
            "# HELP \(name) From a request's head to the end of its answer.", "# TYPE \(name) histogram",
        ]
        for (labels, reading) in deployments {
            var sum: UInt64 = 0
            for (index, count) in reading.buckets.enumerated() {
                sum += count
                let bound =
                    index < DeploymentReading.bounds.count
                    ? "\(Double(DeploymentReading.bounds[index]) / 1e9)" : "+Inf"
                lines.append("\(name)_bucket{\(labels),le=\"\(bound)\"} \(sum)")
            }
            lines.append("\(name)_sum{\(labels)} \(Double(reading.nanoseconds) / 1e9)")
            lines.append("\(name)_count{\(labels)} \(sum)")
        }
        return lines
    }

    private var failures: [String] {
        var lines = [
            "# HELP waybill_gateway_upstream_failures_total Attempts at a replica that failed.",
            "# TYPE waybill_gateway_upstream_failures_total counter",
        ]
        for (labels, reading) in deployments where reading.upstreamFailures > 0 {
            lines.append("waybill_gateway_upstream_failures_total{\(labels)} \(reading.upstreamFailures)")
        }
        lines.append("# HELP waybill_gateway_refusals_total Answers that the gateway gave of its own.")
        lines.append("# TYPE waybill_gateway_refusals_total counter")
        for kind in Refusal.Kind.allCases {
            lines.append("waybill_gateway_refusals_total{reason=\"\(kind.label)\"} \(counts.refusals[kind.rawValue])")
        }
        return lines
    }

    private var gauges: [String] {
        var lines = [
            "# HELP waybill_gateway_outstanding Requests in flight by replica.",
            "# TYPE waybill_gateway_outstanding gauge",
        ]
        for (replica, count) in status.outstanding.sorted(by: { $0.key < $1.key }) {
            lines.append("waybill_gateway_outstanding{replica=\"\(Self.escaped(replica))\"} \(count)")
        }
        lines += [
            "# HELP waybill_gateway_connections Open client connections.",
            "# TYPE waybill_gateway_connections gauge", "waybill_gateway_connections \(connections)",
            "# HELP waybill_gateway_table_generation Generation of the route table in force.",
            "# TYPE waybill_gateway_table_generation gauge", "waybill_gateway_table_generation \(status.generation)",
            "# HELP waybill_gateway_table_refused 1 while a newer route table is refused or missing.",
            "# TYPE waybill_gateway_table_refused gauge",
            "waybill_gateway_table_refused \(status.tableProblem == nil ? 0 : 1)",
        ]
        return lines
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
