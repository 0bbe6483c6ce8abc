package app.afterglow.mobile

import android.content.Context
import android.net.Uri
import java.io.File
import java.io.IOException

/** Copies what the system names by a URI. A copy appears whole or not at all: while it grows it is a hidden file. */
internal object Copying {
    fun copy(
        context: Context,
        from: Uri,
        folder: File,
        name: String?,
    ): File {
        val free = FileName.free(FileName.of(name)) { File(folder, it).exists() }
        val growing = File(folder, ".$free")
        try {
            val input = context.contentResolver.openInputStream(from) ?: throw IOException("$from cannot be opened")
            input.use { source -> growing.outputStream().use { source.copyTo(it) } }
            val whole = File(folder, free)
            if (!growing.renameTo(whole)) throw IOException("$whole cannot be made")
            return whole
        } finally {
            growing.delete()
        }
    }
}
