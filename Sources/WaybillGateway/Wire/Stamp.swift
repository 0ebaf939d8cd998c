import NIOCore
import WaybillCore

/// The fields that tell a client what answered it. All names begin with `x-waybill-`, which nobody else may set.
enum Stamp {
    /// The lines for the answers of one replica, made once a table. What is not known is left out.
    ///
    /// The revision is told in full, because its short form is a name for people and no proof.
    static func lines(model: String, of backend: RouteTable.Backend) -> [UInt8] {
        let fields = [
            ("x-waybill-model", model), ("x-waybill-version", backend.version),
            ("x-waybill-revision", backend.revision), ("x-waybill-commit", backend.commit),
        ]
        return fields.filter { !$0.1.isEmpty }.flatMap { Array("\($0.0): \($0.1)\r\n".utf8) }
    }

    /// `3f2a9c01d4e5` of `sha256:3f2a9c01d4e5…`; whatever else a table names is its own short form.
    static func short(revision: String) -> String {
        guard let digest = try? Digest(parsing: revision) else { return revision }
        return Revision(digest).short
    }
}

/// What one answer carries besides what its replica said.
struct AnswerStamps {
    var id: PredictionID
    /// Of the replica that answered; empty when the gateway answers of its own.
    var lines: [UInt8] = []
    /// What the client called its request, if it did.
    var requestID: String?
}

extension ByteBuffer {
    mutating func writeStamps(_ stamps: AnswerStamps) {
        writeStaticString("x-waybill-prediction-id: ")
        stamps.id.write(into: &self)
        writeStaticString("\r\n")
        writeBytes(stamps.lines)
        if let requestID = stamps.requestID { writeField("x-request-id", requestID) }
    }
}
