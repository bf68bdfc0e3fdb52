import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-I6UAL7ZZ.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as imagesPath,b as readImagesFile,c as withImages};
