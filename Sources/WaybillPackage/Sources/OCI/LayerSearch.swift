import CZlib
import Synchronization
import WaybillCore

/// Looks for one file in a layer that streams by, and gives its bytes on. Memory is flat whatever the layer.
///
/// **Limits.** As many bytes as the layer's descriptor says, `Limits.ratio` times that when unpacked, `Limits.members` members, and names of
/// `TarScan.nameLimit` bytes.
final class LayerSearch: Sendable {
    enum Outcome: Hashable, Sendable {
        /// All of the file was given.
        case found
        /// The layer says that the file is gone, whatever layers below have.
        case hidden
        case absent
    }

    struct Limits: Sendable {
        var ratio: Int64 = 1100
        var ratioFloor: Int64 = 64 << 20
    }

    /// Ends the transfer of a layer whose rest nobody needs. Never shown.
    static let enough = Failure(.stall, reason: "LayerSearched", message: "the file was found")

    private let layer: Descriptor
    private let place: String
    private let limits: Limits
    /// Only touched under the mutex.
    private let state: Mutex<State>

    private final class State {
        var scan: TarScan
        var arrived: Int64 = 0
        var unpacked: Int64 = 0
        let decoder: ZlibDecoder?
        var isInside = true

        init(_ scan: TarScan, _ decoder: ZlibDecoder?) {
            self.scan = scan
            self.decoder = decoder
        }
    }

    /// Whether `mediaType` is that of a tar, packed or not.
    static func isTar(_ mediaType: String) -> Bool {
        [".tar", ".tar+gzip", ".tar.gzip", ".tar+zstd", ".tar.zstd"].contains { mediaType.hasSuffix($0) }
    }

    /// - Parameters:
    ///   - size: what the file must have; nil: whatever it has.
    ///   - skip: bytes of the file that are not needed again.
    /// - Throws: `LayerUnreadable`, stalling, for a layer that is packed in another way.
    init(_ layer: Descriptor, for path: String, size: Int64?, skip: Int64, place: String, limits: Limits = Limits())
        throws(Failure)
    {
        self.layer = layer
        self.place = place
        self.limits = limits
        let isPacked = layer.mediaType.hasSuffix("gzip")
        guard isPacked || layer.mediaType.hasSuffix(".tar") else {
            throw Failure(
                .stall, reason: "LayerUnreadable",
                message:
                    "\(place): its layer \(layer.digest.short) is \(layer.mediaType.quotedForMessage), which is not unpacked here"
            )
        }
        let scan = TarScan(path: path, size: size, skip: skip, place: "\(place), layer \(layer.digest.short)")
        state = Mutex(State(scan, isPacked ? ZlibDecoder() : nil))
    }

    /// The next bytes of the layer.
    /// - Throws: `enough` when the file is complete.
    func take(
        _ bytes: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var input = Array(bytes)
        while !input.isEmpty {
            let given = input
            let step = state.withLock { state in Result { () throws(Failure) in try self.advance(given, state) } }
            let (used, found, isComplete) = try step.get()
            let sunk = found.withUnsafeBytes { found in
                Result { () throws(Failure) in if !found.isEmpty { try sink(found) } }
            }
            try sunk.get()
            if isComplete { throw Self.enough }
            input.removeFirst(used)
        }
    }

    /// What came of it when the layer has ended, or was left.
    func finish() throws(Failure) -> Outcome {
        let result = state.withLock { state in
            Result { () throws(Failure) in
                if state.scan.isComplete { return Outcome.found }
                if state.decoder != nil, state.isInside { throw broken("ends before its packed data does") }
                try state.scan.finish()
                return state.scan.isHidden ? .hidden : .absent
            }
        }
        return try result.get()
    }

    /// Goes on with some of `input`, and gives what of it is of the file.
    private func advance(_ input: [UInt8], _ state: State) throws(Failure) -> (
        used: Int, found: [UInt8], isComplete: Bool
    ) {
        guard let decoder = state.decoder else {
            try arrive(input.count, state)
            let found = try state.scan.take(input[...])
            return (input.count, found, state.scan.isComplete)
        }
        if !state.isInside {
            guard decoder.restart() else { throw broken("cannot be unpacked") }
            state.isInside = true
        }
        var input = input
        var output = [UInt8](repeating: 0, count: 256 << 10)
        let step = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in decoder.step(input, output) }
        }
        guard let step, step.used > 0 || step.made > 0 || step.hasEnded else {
            throw broken("has packed data that is broken near byte \(state.arrived)")
        }
        state.isInside = !step.hasEnded
        state.unpacked += Int64(step.made)
        let most = layer.size.multipliedReportingOverflow(by: limits.ratio)
        guard state.unpacked <= max(limits.ratioFloor, most.overflow ? .max : most.partialValue) else {
            throw broken("unpacks to more than \(limits.ratio) times its size")
        }
        try arrive(step.used, state)
        return (step.used, try state.scan.take(output[..<step.made]), state.scan.isComplete)
    }

    private func arrive(_ count: Int, _ state: State) throws(Failure) {
        state.arrived += Int64(count)
        guard state.arrived <= layer.size else { throw broken("has more than its \(layer.size) bytes") }
    }

    private func broken(_ what: String) -> Failure {
        Failure(
            .stall, reason: "LayerUnsound", message: "\(place): its layer \(layer.digest.short) \(what)")
    }
}
