import Synchronization
import WaybillCore

/// The counts as Prometheus reads them. Labels are bounded: deployments of the table, their revisions in the table and the
/// last few that left it, replicas in flight, fixed words.
struct MetricsPage {
    let counts: GatewayReading
    let names: [Int: String]
    let revisions: [RevisionReading]
    let status: GatewayStatus
    let connections: Int
    let records: [RecordingMeter]
    /// Why none can be written.
    let recordProblem: String?
    /// Segments that were left behind and cannot be closed.
    let unreadableSegments: Int
    /// Lines that the access log lacks; nil: none is kept.
    var accessLinesDropped: UInt64?

    var text: String {
        let byDeployment = deployments
        let byRevision = countedRevisions
        var lines = Self.requests("requests_total", "Answers by deployment and class of status.", byDeployment)
        lines += Self.durations(
            "request_duration_seconds", "From a request's head to the end of its answer.", byDeployment)
        lines += Self.upstreamFailures(
            "upstream_failures_total", "Attempts at a replica that failed.", byDeployment)
        lines += Self.requests(
            "revision_requests_total", "Answers by revision and class of status.", byRevision)
        lines += Self.durations(
            "revision_request_duration_seconds", "From a request's head to the end of its answer, by revision.",
            byRevision)
        lines += Self.upstreamFailures(
            "revision_upstream_failures_total", "Attempts at a replica that failed, by revision.", byRevision)
        lines += weights + refusals + recording + gauges
        return lines.joined(separator: "\n") + "\n"
    }

    private typealias Series = [(labels: String, reading: DeploymentReading)]

    private var deployments: Series {
        counts.bySlot.enumerated().compactMap { slot, reading in
            reading.map { (Self.labels(names[slot]), $0) }
        }
    }

    /// Without those that never had a request: most deployments of a large fleet have one revision, asked seldom.
    private var countedRevisions: Series {
        revisions.filter { !$0.counts.isZero }.map { (Self.labels(of: $0), $0.counts) }
    }

    private static func labels(of reading: RevisionReading) -> String {
        labels(reading.deployment)
            + ",revision=\"\(escaped(reading.revision))\",version=\"\(escaped(reading.version))\""
    }

    private static func labels(_ name: String?) -> String {
        guard let parts = name?.split(separator: "/"), parts.count == 2 else {
            return "environment=\"other\",deployment=\"other\""
        }
        return "environment=\"\(parts[0])\",deployment=\"\(parts[1])\""
    }

    private static func header(_ name: String, _ help: String, _ type: String) -> [String] {
        ["# HELP waybill_gateway_\(name) \(help)", "# TYPE waybill_gateway_\(name) \(type)"]
    }

    private static func requests(_ name: String, _ help: String, _ series: Series) -> [String] {
        var lines = header(name, help, "counter")
        for (labels, reading) in series {
            for (index, count) in reading.codes.enumerated() where count > 0 {
                lines.append("waybill_gateway_\(name){\(labels),code=\"\(index + 1)xx\"} \(count)")
            }
            if reading.cancelled > 0 {
                lines.append("waybill_gateway_\(name){\(labels),code=\"cancelled\"} \(reading.cancelled)")
            }
        }
        return lines
    }

    private static func durations(_ name: String, _ help: String, _ series: Series) -> [String] {
        var lines = header(name, help, "histogram")
        for (labels, reading) in series {
            var sum: UInt64 = 0
            for (index, count) in reading.buckets.enumerated() {
                sum += count
                let bound =
                    index < DeploymentReading.bounds.count
                    ? "\(Double(DeploymentReading.bounds[index]) / 1e9)" : "+Inf"
                lines.append("waybill_gateway_\(name)_bucket{\(labels),le=\"\(bound)\"} \(sum)")
            }
            lines.append("waybill_gateway_\(name)_sum{\(labels)} \(Double(reading.nanoseconds) / 1e9)")
            lines.append("waybill_gateway_\(name)_count{\(labels)} \(sum)")
        }
        return lines
    }

    private static func upstreamFailures(_ name: String, _ help: String, _ series: Series) -> [String] {
        header(name, help, "counter")
            + series.filter { $0.reading.upstreamFailures > 0 }.map { labels, reading in
                "waybill_gateway_\(name){\(labels)} \(reading.upstreamFailures)"
            }
    }

    private var weights: [String] {
        Self.header("revision_weight", "Share of a divided deployment's requests in percent.", "gauge")
            + revisions.compactMap { reading in
                reading.weight.map { "waybill_gateway_revision_weight{\(Self.labels(of: reading))} \($0)" }
            }
    }

    private var refusals: [String] {
        Self.header("refusals_total", "Answers that the gateway gave of its own.", "counter")
            + Refusal.Kind.allCases.map { kind in
                "waybill_gateway_refusals_total{reason=\"\(kind.label)\"} \(counts.refusals[kind.rawValue])"
            }
    }

    private var recording: [String] {
        let series: [(name: String, help: String, type: String, value: (RecordingMeter) -> String)] = [
            (
                "records_total", "Records written, one for each instance of a batch.", "counter",
                {
                    "\($0.recorded.load(ordering: .relaxed))"
                }
            ),
            (
                "records_dropped_total", "Predictions that were to be recorded and were not.", "counter",
                {
                    "\($0.dropped.load(ordering: .relaxed))"
                }
            ),
            (
                "record_payload_bytes_total", "Bytes of payloads in records.", "counter",
                {
                    "\($0.bytes.load(ordering: .relaxed))"
                }
            ),
            (
                "records_waiting", "Predictions that wait to be written.", "gauge",
                {
                    "\(max(0, $0.waiting.load(ordering: .relaxed)))"
                }
            ),
        ]
        var lines = series.flatMap { one in
            Self.header(one.name, one.help, one.type)
                + records.map { "waybill_gateway_\(one.name){\(Self.labels($0.key))} \(one.value($0))" }
        }
        lines += Self.header("records_failing", "1 while no record can be written.", "gauge")
        lines.append("waybill_gateway_records_failing \(recordProblem == nil ? 0 : 1)")
        lines += Self.header(
            "record_segments_unreadable", "Segments that a killed gateway left and that cannot be closed.", "gauge")
        return lines + ["waybill_gateway_record_segments_unreadable \(unreadableSegments)"]
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
        if let accessLinesDropped {
            lines += Self.header("access_log_dropped_total", "Lines that the access log lacks.", "counter")
            lines.append("waybill_gateway_access_log_dropped_total \(accessLinesDropped)")
        }
        return lines
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
