import WaybillCore
import WaybillForge

/// The forge that the settings name.
struct ForgeAccess: Hashable, Sendable {
    let place: ForgePlace
    /// Nil until something is asked of it.
    let tokenFile: String?
    let caFile: String?

    /// Nil when no forge is named.
    init?(_ settings: Settings) throws(InvalidInput) {
        guard let kind = settings.text("forge.kind").flatMap(ForgeKind.init) else {
            if settings.text("forge.repository") != nil || settings.text("forge.url") != nil {
                throw InvalidInput("forge.kind is missing; say which API the forge speaks")
            }
            return nil
        }
        guard let url = settings.text("forge.url") ?? (kind == .github ? "https://api.github.com" : nil) else {
            throw InvalidInput("forge.url is missing; name where the API begins, as in https://git.example.org/api/v1")
        }
        guard let repository = settings.text("forge.repository") else {
            throw InvalidInput("forge.repository is missing; name the fleet repository, OWNER/NAME")
        }
        place = try ForgePlace(kind: kind, url: url, repository: repository)
        tokenFile = settings.path("forge.tokenFile")
        caFile = settings.path("forge.caFile")
    }
}

extension WaybillConfiguration {
    /// - Throws: `ForgeMissing` when none is configured, and for a token that cannot be used.
    func openForge() throws(Failure) -> Forge {
        guard let forge else {
            throw Failure(
                .stall, reason: "ForgeMissing",
                message:
                    "no forge is configured: set forge.kind, forge.repository, forge.tokenFile and, for gitea, forge.url in "
                    + "waybill.yaml or by WAYBILL_FORGE_… variables")
        }
        guard let file = forge.tokenFile else {
            throw Failure(
                .stall, reason: "ForgeMissing",
                message:
                    "forge.tokenFile is not set: put a token for \(forge.place.repository) into a file of mode 600 and name it "
                    + "there or by WAYBILL_FORGE_TOKEN_FILE")
        }
        let connection = try ForgeConnection(forge.place, token: try ForgeToken(file: file), caFile: forge.caFile)
        return Forge(connection, clock: { .now })
    }
}
