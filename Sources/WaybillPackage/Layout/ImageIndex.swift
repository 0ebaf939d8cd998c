import WaybillCore
import WaybillTrust

/// `index.json` of an OCI image layout: the manifests that have a name here, in the order in which they came.
struct ImageIndex: Hashable, Sendable {
    static let mediaType = "application/vnd.oci.image.index.v1+json"
    static let nameAnnotation = "org.opencontainers.image.ref.name"
    /// Bytes past which an index is refused.
    static let limit = 16 << 20

    var manifests: [Descriptor] = []

    init() {}

    /// - Throws: `StoreDamaged`, stalling, that names `path`.
    init(parsing bytes: [UInt8], path: String) throws(Failure) {
        guard let value = Value(json: bytes), value["schemaVersion"]?.integer == 2,
            let items = value["manifests"]?.list
        else { throw Self.damaged(path) }
        for item in items {
            guard let descriptor = Descriptor(item) else { throw Self.damaged(path) }
            manifests.append(descriptor)
        }
    }

    var bytes: [UInt8] {
        let value: Value = [
            "schemaVersion": 2, "mediaType": .string(Self.mediaType), "manifests": .list(manifests.map(\.value)),
        ]
        return value.jsonBytes
    }

    /// The newest manifest of that name.
    func named(_ name: String) -> Descriptor? {
        manifests.last { $0.annotations[Self.nameAnnotation] == name }
    }

    /// Gives `descriptor`, last in the list, the name; what had it before loses its place. What is known of the same manifest stays.
    mutating func put(_ descriptor: Descriptor, named name: String) {
        var named = descriptor
        if let before = self.named(name), before.digest == descriptor.digest {
            named.annotations = before.annotations.merging(descriptor.annotations) { _, new in new }
        }
        manifests.removeAll { $0.annotations[Self.nameAnnotation] == name }
        named.annotations[Self.nameAnnotation] = name
        manifests.append(named)
    }

    private static func damaged(_ path: String) -> Failure {
        Failure(
            .stall, reason: "StoreDamaged",
            message:
                "\(path) is no index of an OCI image layout; move it away to begin a new one: no model file is lost")
    }
}
