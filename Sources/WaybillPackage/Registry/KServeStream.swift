import Glibc
import NIOCore
import Synchronization
import WaybillCore

import struct Crypto.SHA256

/// The bytes of a layer, or some of them, as they are needed: one buffer in memory, nothing on disk.
final class KServeStream: BodyMaker {
    private static let piece = 256 << 10

    private let content: KServeContent
    private let end: Int64
    private let work = BlockingWork(label: "waybill.layer")
    private let state: Mutex<State>

    /// Where the stream is. Only touched under the mutex.
    private final class State {
        /// Of the packed stream, when it is packed.
        var place: Int64 = 0
        var skip: Int64 = 0
        var parts: ArraySlice<KServeLayer.Part> = []
        var file: (digest: Digest, descriptor: Int32)?
        var deflater: Deflater?
        var isPacked = false

        deinit { if let file { close(file.descriptor) } }
    }

    init(_ content: KServeContent, from start: Int64, upTo end: Int64) {
        self.content = content
        self.end = end
        let state = State()
        if content.isPacked {
            // What is packed cannot be entered: made again from its beginning.
            state.parts = content.layer.parts[...]
            state.skip = start
        } else {
            state.parts = content.layer.parts(from: start, upTo: end)[...]
            state.place = start
        }
        self.state = Mutex(state)
    }

    func next() async throws(Failure) -> ByteBuffer? {
        let bytes = try await work.run { [self] (_) throws(Failure) -> [UInt8]? in try self.bytes() }
        return bytes.map { ByteBuffer(bytes: $0) }
    }

    /// The next piece; nil at the end.
    func bytes() throws(Failure) -> [UInt8]? {
        let result = state.withLock { state in
            Result { () throws(Failure) in content.isPacked ? try packed(state) : try plain(state) }
        }
        return try result.get()
    }

    private func packed(_ state: State) throws(Failure) -> [UInt8]? {
        let deflater: Deflater
        if let begun = state.deflater { deflater = begun } else { deflater = try Deflater() }
        state.deflater = deflater
        while state.place < end, !state.isPacked {
            let piece = try plain(state)
            state.isPacked = piece == nil
            var made = deflater.pack(piece ?? [], last: piece == nil)
            let dropped = Int(min(state.skip, Int64(made.count)))
            state.skip -= Int64(dropped)
            state.place += Int64(made.count)
            made.removeFirst(dropped)
            if state.place > end { made.removeLast(Int(min(state.place - end, Int64(made.count)))) }
            if !made.isEmpty { return made }
        }
        return nil
    }

    private func plain(_ state: State) throws(Failure) -> [UInt8]? {
        guard let part = state.parts.first else { return nil }
        switch part {
        case .bytes(let bytes):
            state.parts.removeFirst()
            return bytes
        case .blob(let digest, let offset, let count):
            let length = Int(min(Int64(Self.piece), count))
            let bytes = try read(digest, offset, length, state)
            state.parts.removeFirst()
            if count > Int64(length) {
                state.parts =
                    [.blob(digest, offset: offset + Int64(length), count: count - Int64(length))] + state.parts
            }
            return bytes
        }
    }

    private func read(_ digest: Digest, _ offset: Int64, _ length: Int, _ state: State) throws(Failure) -> [UInt8] {
        let path = content.path(digest)
        if state.file?.digest != digest {
            if let file = state.file { close(file.descriptor) }
            state.file = nil
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw .disk(SystemError(operation: "open", path: path, code: errno)) }
            state.file = (digest, descriptor)
        }
        guard let descriptor = state.file?.descriptor else { return [] }
        var bytes = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let got = bytes.withUnsafeMutableBytes { room in
                pread(descriptor, room.baseAddress.map { $0 + done }, length - done, off_t(offset) + off_t(done))
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .disk(SystemError(operation: "read", path: path, code: errno)) }
            guard got > 0 else {
                throw Failure(
                    .stall, reason: "BundleDamaged",
                    message: "\(path) is shorter than its manifest says; run 'waybill package verify'")
            }
            done += got
        }
        return bytes
    }
}

/// A layer that is made while it is sent.
struct KServeContent: UploadContent {
    let layer: KServeLayer
    let isPacked: Bool
    let store: ContentLayout
    /// Of what is sent, and of the tar in it.
    private(set) var digest: Digest
    private(set) var diffID: Digest
    private(set) var size: Int64

    /// Reads all of it once, to know the digests: the bytes are made again when they are sent.
    init(_ layer: KServeLayer, isPacked: Bool, store: ContentStore) async throws(Failure) {
        self.layer = layer
        self.isPacked = isPacked
        self.store = store.layout
        let nothing = Digest(of: [])
        (digest, diffID, size) = (nothing, nothing, layer.size)
        let measured = self
        (digest, diffID, size) = try await store.work.run { (cancellation) throws(Failure) in
            try measured.measure(cancellation)
        }
    }

    func path(_ digest: Digest) -> String { store.blob(digest) }

    func body(from start: Int64, upTo end: Int64) -> HTTPCall.Body {
        end > start ? .made(count: end - start) { KServeStream(self, from: start, upTo: end) } : .none
    }

    private func measure(_ cancellation: Cancellation) throws(Failure) -> (Digest, Digest, Int64) {
        var plain = self
        plain = KServeContent(plain, isPacked: false)
        let stream = KServeStream(plain, from: 0, upTo: layer.size)
        let deflater = isPacked ? try Deflater() : nil
        var (inner, outer, size) = (SHA256(), SHA256(), Int64(0))
        while true {
            if cancellation.isCancelled { throw .cancelled }
            let piece = try stream.bytes()
            if let piece { inner.update(data: piece) }
            if let deflater {
                let made = deflater.pack(piece ?? [], last: piece == nil)
                outer.update(data: made)
                size += Int64(made.count)
            }
            if piece == nil { break }
        }
        let diffID = Digest(finalizing: inner)
        return isPacked ? (Digest(finalizing: outer), diffID, size) : (diffID, diffID, layer.size)
    }

    private init(_ other: KServeContent, isPacked: Bool) {
        (layer, store, digest, diffID, size) = (other.layer, other.store, other.digest, other.diffID, other.size)
        self.isPacked = isPacked
    }
}
