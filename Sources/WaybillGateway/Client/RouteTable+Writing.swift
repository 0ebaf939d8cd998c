import WaybillCore

extension RouteTable {
    /// The table in JSON, byte for byte as Foundation's encoder writes it with sorted keys and plain slashes.
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
        writer.raw(",\"deployment\":")
        writer.text(deployment)
        writer.raw(",\"environment\":")
        writer.text(environment)
        writer.raw(",\"paths\":")
        writer.list(paths) { $0.text($1) }
        writer.raw(",\"servingProtocol\":")
        writer.text(servingProtocol)
        writer.raw(",\"versions\":")
        writer.list(versions) { $0.text($1) }
        writer.raw("}")
    }
}

extension RouteTable.Backend {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.raw("{\"port\":")
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
