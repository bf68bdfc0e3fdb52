import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d}from"./chunk-VGJO6UFF.js";import"./chunk-TZB6SKJ7.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-XH426OQS.js";export{a as digestSchema,c as imageRecordSchema,b as imageReferenceSchema,d as imagesFileSchema};
