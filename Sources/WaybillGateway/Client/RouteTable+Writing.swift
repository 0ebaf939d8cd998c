import WaybillCore

extension RouteTable {
    /// The table in JSON, byte for byte as Foundation writes it with sorted keys and plain slashes, in the oldest format
    /// that can say it: members of format 2 that say nothing are left out.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.raw("{\"format\":")
        writer.integer(format)
        writer.raw(",\"generation\":")
        writer.integer(generation)
        writer.raw(",\"routes\":")
        writer.list(routes) { $1.write(to: &$0) }
        writer.raw("}")
        return writer.bytes
    }
}

extension RouteTable.Route {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{\"backends\":")
        writer.list(backends) { $1.write(to: &$0) }
        if let chooser {
            writer.raw(",\"chooser\":")
            writer.text(chooser)
        }
        writer.raw(",\"deployment\":")
        writer.text(deployment)
        writer.raw(",\"environment\":")
        writer.text(environment)
        if !model.isEmpty {
            writer.raw(",\"model\":")
            writer.text(model)
        }
        writer.raw(",\"paths\":")
        writer.list(paths) { $0.text($1) }
        if recording.isOn {
            writer.raw(",\"recording\":")
            recording.write(to: &writer)
        }
        writer.raw(",\"servingProtocol\":")
        writer.text(servingProtocol)
        if !splits.isEmpty {
            writer.raw(",\"splits\":")
            writer.list(splits) { $1.write(to: &$0) }
        }
        writer.raw(",\"versions\":")
        writer.list(versions) { $0.text($1) }
        writer.raw("}")
    }
}

extension RecordingPolicy {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{\"answer\":")
        writer.text(answer.rawValue)
        writer.raw(",\"features\":")
        writer.list(features) { $0.text($1) }
        if let maxBytes {
            writer.raw(",\"maxBytes\":")
            writer.integer(maxBytes)
        }
        writer.raw(",\"mode\":")
        writer.text(mode.rawValue)
        writer.raw(",\"redact\":")
        writer.list(redact) { $0.text($1) }
        writer.raw(",\"request\":")
        writer.text(request.rawValue)
        writer.raw(",\"retentionDays\":")
        writer.integer(retentionDays)
        writer.raw(",\"sample\":")
        writer.integer(sample)
        writer.raw("}")
    }
}

extension RouteTable.Backend {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{")
        if !commit.isEmpty {
            writer.raw("\"commit\":")
            writer.text(commit)
            writer.raw(",")
        }
        writer.raw("\"port\":")
        writer.integer(port)
        writer.raw(",\"replica\":")
        writer.text(replica)
        writer.raw(",\"revision\":")
        writer.text(revision)
        writer.raw(",\"version\":")
        writer.text(version)
        writer.raw("}")
    }
}

extension RouteTable.Split {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{\"revision\":")
        writer.text(revision)
        writer.raw(",\"weight\":")
        writer.integer(weight)
        writer.raw("}")
    }
}
