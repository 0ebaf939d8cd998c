import Foundation
package import WaybillCore
package import WaybillTrust

/// What is known of a sealed segment without reading it: a file beside it, made anew from segment and ledger when it is lost.
package struct SegmentSeal: Codable, Sendable, Hashable {
    /// One deployment's part.
    package struct Part: Codable, Sendable, Hashable {
        /// `environment/deployment`.
        package var deployment: String
        package var payloadBytes: UInt64
        /// Seconds; 0: nobody said.
        package var retention: UInt64
        /// Whether its payloads were erased.
        package var isErased: Bool
    }

    /// Of the ledger's entry `records.sealed`.
    package var entry: UInt64
    /// Microseconds since 1970.
    package var lastTime: UInt64
    package var parts: [Part]

    package init(entry: UInt64, _ footer: SegmentFooter) {
        self.entry = entry
        lastTime = footer.lastTime
        parts = footer.deployments.map { one in
            Part(
                deployment: "\(one.environment)/\(one.deployment)", payloadBytes: one.payloadBytes,
                retention: one.retention, isErased: one.payloadBytes == 0)
        }
    }

    /// Nil when there is none that can be read.
    package static func read(_ segment: RecordID, _ names: SegmentNames) -> SegmentSeal? {
        FileManager.default.contents(atPath: names.seal(segment)).flatMap {
            try? JSONDecoder().decode(SegmentSeal.self, from: $0)
        }
    }

    /// - Throws: `Failure` (retry) when the file cannot be written.
    package func write(_ segment: RecordID, _ names: SegmentNames) throws(Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(self) else { throw RecordFiles.failure("write", names.seal(segment)) }
        try AtomicFile.write(bytes, to: names.seal(segment))
    }
}
