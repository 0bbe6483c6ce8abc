package app.afterglow.mobile

import android.content.ContentValues
import android.content.Context
import android.graphics.Bitmap
import android.graphics.ImageDecoder
import android.media.MediaScannerConnection
import android.net.Uri
import android.os.Build
import android.os.Environment
import android.provider.MediaStore
import android.provider.OpenableColumns
import android.webkit.MimeTypeMap
import androidx.annotation.RequiresApi
import java.io.File
import java.io.IOException
import java.util.Locale
import kotlin.math.max

/** The person's photos: saving to them, copying from them, and pictures that only the system can decode. */
internal class Gallery(
    private val context: Context,
) {
    fun copyAll(
        from: List<Uri>,
        folder: File,
    ): List<NativeFile> {
        if (!folder.isDirectory && !folder.mkdirs()) throw IOException("$folder cannot be made")
        return from.map { uri ->
            val copy = Copying.copy(context, uri, folder, displayName(uri))
            NativeFile(copy.path, copy.name, null)
        }
    }

    fun save(
        file: File,
        name: String,
    ) {
        val safe = FileName.of(name)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) saveByIndex(file, safe) else saveByPath(file, safe)
    }

    /** Whether this Android decodes it: HEIF from Android 9 on. */
    fun preview(
        picture: File,
        jpeg: File,
        pixels: Int,
    ): Boolean {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) return false
        val bitmap = decode(picture, pixels)
        try {
            return jpeg.outputStream().use { bitmap.compress(Bitmap.CompressFormat.JPEG, QUALITY, it) }
        } finally {
            bitmap.recycle()
        }
    }

    /** It comes upright. */
    @RequiresApi(Build.VERSION_CODES.P)
    private fun decode(
        picture: File,
        pixels: Int,
    ): Bitmap =
        ImageDecoder.decodeBitmap(ImageDecoder.createSource(picture)) { decoder, info, _ ->
            val longer = max(info.size.width, info.size.height)
            if (longer > pixels) {
                val width = max(1L, info.size.width.toLong() * pixels / longer)
                val height = max(1L, info.size.height.toLong() * pixels / longer)
                decoder.setTargetSize(width.toInt(), height.toInt())
            }
            decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
        }

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun saveByIndex(
        file: File,
        name: String,
    ) {
        val type = type(name)
        val isClip = type.startsWith("video/")
        val values = ContentValues()
        values.put(MediaStore.MediaColumns.DISPLAY_NAME, name)
        values.put(MediaStore.MediaColumns.MIME_TYPE, type)
        val place = if (isClip) Environment.DIRECTORY_MOVIES else Environment.DIRECTORY_PICTURES
        values.put(MediaStore.MediaColumns.RELATIVE_PATH, "$place/$ALBUM")
        values.put(MediaStore.MediaColumns.IS_PENDING, 1)
        val resolver = context.contentResolver
        val collection = if (isClip) CLIPS else PHOTOS
        val entry = resolver.insert(collection, values) ?: throw IOException("the system keeps no $type")
        try {
            val output = resolver.openOutputStream(entry) ?: throw IOException("$entry cannot be written")
            output.use { target -> file.inputStream().use { it.copyTo(target) } }
        } catch (error: IOException) {
            resolver.delete(entry, null, null)
            throw error
        }
        val finished = ContentValues()
        finished.put(MediaStore.MediaColumns.IS_PENDING, 0)
        resolver.update(entry, finished, null, null)
    }

    @Suppress("DEPRECATION")
    private fun saveByPath(
        file: File,
        name: String,
    ) {
        val album = File(Environment.getExternalStoragePublicDirectory(Environment.DIRECTORY_PICTURES), ALBUM)
        if (!album.isDirectory && !album.mkdirs()) throw IOException("$album cannot be made")
        val saved = File(album, FileName.free(name) { File(album, it).exists() })
        file.copyTo(saved)
        MediaScannerConnection.scanFile(context, arrayOf(saved.path), null, null)
    }

    private fun type(name: String): String {
        val ending = name.substringAfterLast('.', "").lowercase(Locale.ROOT)
        return MimeTypeMap.getSingleton().getMimeTypeFromExtension(ending) ?: "image/jpeg"
    }

    private fun displayName(uri: Uri): String? {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        return context.contentResolver.query(uri, columns, null, null, null)?.use { rows ->
            if (rows.moveToFirst()) rows.getString(0) else null
        }
    }

    private companion object {
        val PHOTOS: Uri = MediaStore.Images.Media.EXTERNAL_CONTENT_URI
        val CLIPS: Uri = MediaStore.Video.Media.EXTERNAL_CONTENT_URI
        const val ALBUM = "Afterglow"
        const val QUALITY = 85
    }
}
