import WaybillCore
import WaybillGit
import WaybillTestSupport

extension SSHDaemon {
    /// Waybill's way to it.
    func hosts(key: String? = nil, passphrase: SecretReference? = nil, program: String = "/usr/bin/ssh") -> SSHProgram {
        let credentials = SSHCredentials(
            identity: .key(path: key ?? self.key, passphrase: passphrase), knownHosts: [knownHosts])
        return SSHProgram(program: program) { (address) throws(Failure) in
            do throws(InvalidInput) {
                return try RemoteConfiguration(address: address, branch: "HEAD", ssh: credentials)
            } catch { throw Failure(.stall, reason: "SourceRefused", message: error.message) }
        }
    }
}
