import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d}from"./chunk-QMHJ5PYX.js";import"./chunk-TXVXW3EB.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-D5X673HY.js";export{a as digestSchema,c as imageRecordSchema,b as imageReferenceSchema,d as imagesFileSchema};
